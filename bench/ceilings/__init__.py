"""What bounds the service on the machine that it is measured on: taken in the same run, never quoted from another."""
