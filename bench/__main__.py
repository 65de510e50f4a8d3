"""Every benchmark, one after the other; those over the population share one."""

from bench import consent, deadlines, decision, inventory, packages, plan, retention, workers
from bench.report import run
from bench.storage import home

for benchmark in (inventory, retention, packages, deadlines, workers):
    run(benchmark.main())
with home() as place:
    for over_the_population in (decision, consent, plan):
        run(over_the_population.main(place))
