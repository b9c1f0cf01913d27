"""The workloads of `src/workload.rs` in SimPy, as processes that wait.

    python workloads.py hold|ping SECONDS     prints "simpy WORKLOAD EVENTS CPU_SECONDS"

SECONDS are virtual. The numbers drawn are Python's own: SimPy simulates the same workloads, not the same run.
"""

import math
import random
import sys
import time

import simpy

POPULATION = 1_000
THINK = 0.1
LATENCY_MU = math.log(0.005)
LATENCY_SIGMA = 0.5


class World:
    def __init__(self):
        self.env = simpy.Environment()
        self.draw = random.Random(1)
        self.events = 0

    def timer(self):
        while True:
            yield self.env.timeout(self.draw.expovariate(1.0))
            self.events += 1

    def client(self, first_ask):
        """Its server is where it is between the two ways: a process of its own would cost more."""
        think = first_ask
        while True:
            yield self.env.timeout(think)
            self.events += 1
            yield self.env.timeout(self.latency())
            self.events += 1
            yield self.env.timeout(self.latency())
            self.events += 1
            think = THINK

    def latency(self):
        return self.draw.lognormvariate(LATENCY_MU, LATENCY_SIGMA)


def main():
    workload, seconds = sys.argv[1], int(sys.argv[2])
    world = World()
    for nth in range(POPULATION):
        if workload == "hold":
            world.env.process(world.timer())
        else:
            world.env.process(world.client((nth + 1) * THINK / POPULATION))
    start = time.process_time()
    world.env.run(until=seconds)
    spent = time.process_time() - start
    print(f"simpy {workload} {world.events} {spent:.6f}")


main()
