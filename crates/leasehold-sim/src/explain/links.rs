//! What came of what among the steps that are told.
//!
//! What is left out is bridged: a cause that leads to an effect by way of untold steps is told as
//! its cause. So whatever is left out, no path is cut.

use super::graph::Graph;
use leasehold_data::{How, StoryLink};
use petgraph::adj::List;
use petgraph::algo::tred::dag_transitive_reduction_closure;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::collections::BTreeMap;

/// A way from one told event to another: how it ends, and how many untold steps are on it.
type Way = (How, u64);

/// What comes of what among the told, without what others say together; and how many steps of the
/// slice are not told. `travels` says whether between two rows a call or a message is on its way.
pub(super) fn links(
    graph: &Graph,
    slice: &[(usize, u32)],
    (told, last): (&[usize], usize),
    travels: impl Fn(usize, usize) -> bool,
) -> (Vec<StoryLink>, u64) {
    let place =
        |row: usize| if row == last { Some(told.len()) } else { told.binary_search(&row).ok() };
    let mut near: BTreeMap<usize, BTreeMap<usize, Way>> = BTreeMap::new();
    for row in slice.iter().map(|(row, _)| *row).chain([last]) {
        let mut ways: BTreeMap<usize, Way> = BTreeMap::new();
        for edge in graph.edges_directed(NodeIndex::new(row), petgraph::Incoming) {
            let (from, how) = (edge.source().index(), edge.weight().how);
            let mut way = |cause: usize, untold: u64| {
                let known = ways.entry(cause).or_insert((how, untold));
                if untold < known.1 {
                    *known = (how, untold);
                }
            };
            match place(from) {
                Some(cause) => way(cause, 0),
                None => near.get(&from).into_iter().flatten().for_each(|(cause, (_, untold))| {
                    way(*cause, untold + 1);
                }),
            }
        }
        near.insert(row, ways);
    }
    let ends = |row: &usize| near.get(row).cloned().unwrap_or_default();
    let told_or_last = told.iter().chain([&last]);
    let ways: Vec<BTreeMap<usize, Way>> = told_or_last.map(ends).collect();
    let mut links = reduced(&ways);
    for link in links.iter_mut().filter(|link| link.to < told.len()) {
        link.travels = travels(told[link.from], told[link.to]);
    }
    (links, (slice.len() - told.len()) as u64)
}

/// Whether a link says what no others say together: which write was read, or what was missing.
fn says_more(how: How, untold: u64) -> bool {
    untold == 0
        && matches!(
            how,
            How::Missed | How::During | How::Clock | How::Read | How::Based | How::Needed
        )
}

/// The links that no others say together, and those that say more.
fn reduced(ways: &[BTreeMap<usize, Way>]) -> Vec<StoryLink> {
    let mut all = List::<(), u32>::with_capacity(ways.len());
    for _ in ways {
        all.add_node();
    }
    // Effects are added in their order, which is that of time: the reduction relies on it.
    for (to, causes) in ways.iter().enumerate() {
        for from in causes.keys() {
            all.add_edge(*from as u32, to as u32, ());
        }
    }
    let (reduced, _) = dag_transitive_reduction_closure(&all);
    let mut links = Vec::new();
    for (to, causes) in ways.iter().enumerate() {
        for (from, (how, untold)) in causes {
            if says_more(*how, *untold) || reduced.contains_edge(*from as u32, to as u32) {
                let (from, how, untold) = (*from, *how, *untold);
                links.push(StoryLink { from, to, how, untold, travels: false });
            }
        }
    }
    links
}
