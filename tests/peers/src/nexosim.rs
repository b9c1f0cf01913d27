//! nexosim, on one thread: models with mailboxes, asynchronous methods and ports between them.
//!
//! A port delivers at once. What takes time is scheduled by its sender, on itself, and then sent:
//! that is nexosim's own way, and makes two messages of a request beside its three events.
//! Mailboxes have room for the one message that is ever under way: a quarter cheaper than the
//! usual sixteen.

use crate::workload::{Dice, POPULATION, Run, THINK_NS, Tally, first_ask_ns, spent};
use nexosim::model::{Context, Model, SchedulableId, schedulable};
use nexosim::ports::{Output, QuerySource};
use nexosim::simulation::{Mailbox, QueryId, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Timer {
    dice: Dice,
    tally: Tally,
}

#[Model]
impl Timer {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _: &mut ()) {
        self.set(cx);
    }

    #[nexosim(schedulable)]
    fn fire(&mut self, _: (), cx: &Context<Self>) {
        self.tally.events += 1;
        self.set(cx);
    }

    fn set(&mut self, cx: &Context<Self>) {
        let delay = self.dice.delay_ns();
        self.tally.drawn_ns += delay;
        after(delay, schedulable!(Self::fire), cx);
    }

    async fn tally(&mut self) -> Tally {
        self.tally
    }
}

#[derive(Serialize, Deserialize)]
struct Client {
    first_ask_ns: u64,
    requests: Output<()>,
    dice: Dice,
    tally: Tally,
}

#[Model]
impl Client {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _: &mut ()) {
        after(self.first_ask_ns, schedulable!(Self::ask), cx);
    }

    #[nexosim(schedulable)]
    fn ask(&mut self, _: (), cx: &Context<Self>) {
        let latency = self.dice.latency_ns();
        self.tally.events += 1;
        self.tally.drawn_ns += latency;
        after(latency, schedulable!(Self::send), cx);
    }

    #[nexosim(schedulable)]
    async fn send(&mut self) {
        self.requests.send(()).await;
    }

    fn answer(&mut self, _: (), cx: &Context<Self>) {
        self.tally.events += 1;
        after(THINK_NS, schedulable!(Self::ask), cx);
    }

    async fn tally(&mut self) -> Tally {
        self.tally
    }
}

#[derive(Serialize, Deserialize)]
struct Server {
    answers: Output<()>,
    dice: Dice,
    tally: Tally,
}

#[Model]
impl Server {
    fn serve(&mut self, _: (), cx: &Context<Self>) {
        let latency = self.dice.latency_ns();
        self.tally.events += 1;
        self.tally.drawn_ns += latency;
        after(latency, schedulable!(Self::send), cx);
    }

    #[nexosim(schedulable)]
    async fn send(&mut self) {
        self.answers.send(()).await;
    }

    async fn tally(&mut self) -> Tally {
        self.tally
    }
}

fn after<M: Model>(delay_ns: u64, what: &SchedulableId<M, ()>, cx: &Context<M>) {
    let delay = Duration::from_nanos(delay_ns);
    cx.schedule_event(delay, what, ()).expect("a delay is longer than nothing");
}

fn run(bench: SimInit, tallies: &[QueryId<(), Tally>], until_ns: u64) -> Run {
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("every model can begin");
    let until = Duration::from_nanos(until_ns);
    let spent = spent(|| simulation.step_until(until).expect("no model fails"));
    let tallies = tallies
        .iter()
        .map(|tally| simulation.process_query(tally, ()).expect("every model knows its own"));
    Run { tally: tallies.sum(), spent }
}

pub(crate) fn hold(until_ns: u64) -> Run {
    let mut bench = SimInit::with_num_threads(1);
    let mut tallies = Vec::new();
    for nth in 0..POPULATION {
        let mailbox = Mailbox::with_capacity(1);
        tallies.push(QuerySource::new().connect(Timer::tally, &mailbox).register(&mut bench));
        let timer = Timer { dice: Dice::of_client(nth), tally: Tally::default() };
        bench = bench.add_model(timer, mailbox, &format!("timer {nth}"));
    }
    run(bench, &tallies, until_ns)
}

pub(crate) fn ping(until_ns: u64) -> Run {
    let mut bench = SimInit::with_num_threads(1);
    let mut tallies = Vec::new();
    for nth in 0..POPULATION {
        let (clients, servers) = (Mailbox::with_capacity(1), Mailbox::with_capacity(1));
        let mut client = Client {
            first_ask_ns: first_ask_ns(nth),
            requests: Output::new(),
            dice: Dice::of_client(nth),
            tally: Tally::default(),
        };
        let mut server =
            Server { answers: Output::new(), dice: Dice::of_server(nth), tally: Tally::default() };
        client.requests.connect(Server::serve, &servers);
        server.answers.connect(Client::answer, &clients);
        tallies.push(QuerySource::new().connect(Client::tally, &clients).register(&mut bench));
        tallies.push(QuerySource::new().connect(Server::tally, &servers).register(&mut bench));
        bench = bench.add_model(client, clients, &format!("client {nth}"));
        bench = bench.add_model(server, servers, &format!("server {nth}"));
    }
    run(bench, &tallies, until_ns)
}
