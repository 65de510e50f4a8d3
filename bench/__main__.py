"""Every benchmark, one after the other."""

import asyncio

from bench import inventory, retention

for benchmark in (inventory, retention):
    asyncio.run(benchmark.main())
