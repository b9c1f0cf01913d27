//! The floor: the standard library's heap, an enum and a `match`, as one would write it by hand.

use crate::workload::{Dice, POPULATION, Run, THINK_NS, Tally, first_ask_ns, spent};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Who is due, and for what: earliest first, and of those due at once whoever was put in first.
struct Queue<Act> {
    heap: BinaryHeap<Reverse<(u64, u64, Act, u32)>>,
    pushed: u64,
}

impl<Act: Ord> Queue<Act> {
    fn new() -> Queue<Act> {
        Queue { heap: BinaryHeap::with_capacity(POPULATION as usize), pushed: 0 }
    }

    fn push(&mut self, at: u64, act: Act, who: u32) {
        self.heap.push(Reverse((at, self.pushed, act, who)));
        self.pushed += 1;
    }

    fn pop(&mut self) -> Option<(u64, Act, u32)> {
        self.heap.pop().map(|Reverse((at, _, act, who))| (at, act, who))
    }
}

pub(crate) fn hold(until_ns: u64) -> Run {
    let mut queue = Queue::new();
    let mut tally = Tally::default();
    let mut dice: Vec<Dice> = (0..POPULATION).map(Dice::of_client).collect();
    for (dice, who) in dice.iter_mut().zip(0..) {
        let delay = dice.delay_ns();
        tally.drawn_ns += delay;
        queue.push(delay, (), who);
    }
    let spent = spent(|| {
        while let Some((now, (), who)) = queue.pop().filter(|(now, ..)| *now <= until_ns) {
            let delay = dice[who as usize].delay_ns();
            tally.events += 1;
            tally.drawn_ns += delay;
            queue.push(now + delay, (), who);
        }
    });
    Run { tally, spent }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Ask,
    Serve,
    Answer,
}

pub(crate) fn ping(until_ns: u64) -> Run {
    let mut queue = Queue::new();
    let mut tally = Tally::default();
    let mut clients: Vec<Dice> = (0..POPULATION).map(Dice::of_client).collect();
    let mut servers: Vec<Dice> = (0..POPULATION).map(Dice::of_server).collect();
    for client in 0..POPULATION {
        queue.push(first_ask_ns(client), Act::Ask, client);
    }
    let spent = spent(|| {
        while let Some((now, act, who)) = queue.pop().filter(|(now, ..)| *now <= until_ns) {
            tally.events += 1;
            let (dice, next) = match act {
                Act::Ask => (&mut clients[who as usize], Act::Serve),
                Act::Serve => (&mut servers[who as usize], Act::Answer),
                Act::Answer => {
                    queue.push(now + THINK_NS, Act::Ask, who);
                    continue;
                }
            };
            let latency = dice.latency_ns();
            tally.drawn_ns += latency;
            queue.push(now + latency, next, who);
        }
    });
    Run { tally, spent }
}
