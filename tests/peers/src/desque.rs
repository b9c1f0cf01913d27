//! desque: a queue of boxed events, each of which is lent the whole simulation.

use crate::workload::{Dice, POPULATION, Run, THINK_NS, Tally, first_ask_ns, spent};
use desque::SimState;
use desque::serial::{Event, OkEvent, Simulation};

type World = Simulation<State, u64>;

struct State {
    clients: Vec<Dice>,
    servers: Vec<Dice>,
    tally: Tally,
    is_over: bool,
}

impl SimState<u64> for State {
    fn is_complete(&self, _: &u64) -> bool {
        self.is_over
    }
}

#[derive(Debug)]
struct End;

impl OkEvent<State, u64> for End {
    fn execute(&mut self, world: &mut World) {
        world.state_mut().is_over = true;
    }
}

#[derive(Debug)]
struct Fire(u32);

impl Event<State, u64> for Fire {
    fn execute(&mut self, world: &mut World) -> desque::Result {
        world.state_mut().tally.events += 1;
        set(world, self.0)
    }
}

/// Sets a timer.
fn set(world: &mut World, who: u32) -> desque::Result {
    let state = world.state_mut();
    let delay = state.clients[who as usize].delay_ns();
    state.tally.drawn_ns += delay;
    world.schedule_with_delay(Fire(who), delay)
}

#[derive(Debug)]
struct Ask(u32);

impl Event<State, u64> for Ask {
    fn execute(&mut self, world: &mut World) -> desque::Result {
        let state = world.state_mut();
        let latency = state.clients[self.0 as usize].latency_ns();
        state.tally.events += 1;
        state.tally.drawn_ns += latency;
        world.schedule_with_delay(Serve(self.0), latency)
    }
}

#[derive(Debug)]
struct Serve(u32);

impl Event<State, u64> for Serve {
    fn execute(&mut self, world: &mut World) -> desque::Result {
        let state = world.state_mut();
        let latency = state.servers[self.0 as usize].latency_ns();
        state.tally.events += 1;
        state.tally.drawn_ns += latency;
        world.schedule_with_delay(Answer(self.0), latency)
    }
}

#[derive(Debug)]
struct Answer(u32);

impl Event<State, u64> for Answer {
    fn execute(&mut self, world: &mut World) -> desque::Result {
        world.state_mut().tally.events += 1;
        world.schedule_with_delay(Ask(self.0), THINK_NS)
    }
}

fn world(until_ns: u64) -> World {
    let state = State {
        clients: (0..POPULATION).map(Dice::of_client).collect(),
        servers: (0..POPULATION).map(Dice::of_server).collect(),
        tally: Tally::default(),
        is_over: false,
    };
    let mut world = Simulation::new(state, 0);
    world.schedule(End, until_ns).expect("it is not over before it begins");
    world
}

fn run(mut world: World) -> Run {
    let spent = spent(|| world.run().expect("nothing is due in the past"));
    Run { tally: world.state().tally, spent }
}

pub(crate) fn hold(until_ns: u64) -> Run {
    let mut world = world(until_ns);
    for who in 0..POPULATION {
        set(&mut world, who).expect("a delay is not negative");
    }
    run(world)
}

pub(crate) fn ping(until_ns: u64) -> Run {
    let mut world = world(until_ns);
    for client in 0..POPULATION {
        world.schedule(Ask(client), first_ask_ns(client)).expect("it is due after the beginning");
    }
    run(world)
}
