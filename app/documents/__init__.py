"""What people read: letters, and the readable part of packages, set as HTML and as PDF."""
