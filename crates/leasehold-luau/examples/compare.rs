//! x
use leasehold_luau::*;
use leasehold_sim::Scenario;
use std::collections::BTreeMap;
fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap();
    let range = args.next().unwrap();
    let (a, b) = range.split_once("..").unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let scenario = Scenario::parse(&format!("protocol = \"profile_store\"\n{text}"))
        .unwrap_or_else(|e| panic!("{e}"));
    let scenario_m = Scenario::parse(&text).unwrap();
    let root = "tests/modules/node_modules/";
    let read = |p: &str| std::fs::read_to_string(format!("{root}{p}")).unwrap();
    let mut source = Source::new(Script {
        name: "profile_store".into(),
        text: adapter("profile_store").unwrap().into(),
    });
    source.packages.push(Package {
        name: "ProfileStore".into(),
        files: vec![Script {
            name: "x".into(),
            text: std::env::var("PS")
                .map(|p| std::fs::read_to_string(p).unwrap())
                .unwrap_or_else(|_| read("@rbxts/profile-store/src/init.luau")),
        }],
    });
    let mut verbose = false;
    for flag in args {
        if let Some(us) = flag.strip_prefix("--beats=") {
            source.heartbeats = Heartbeats::Every(us.parse().unwrap());
        }
        if flag == "-v" {
            verbose = true
        }
    }
    let modules = Modules::new(source).unwrap_or_else(|f| panic!("{f}"));
    let native = leasehold_sim::shipped("n", &scenario).unwrap();
    let module = simulation("m", &scenario_m, modules.clone()).unwrap();
    let mut sums: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
    let (mut same, mut n) = (0, 0);
    for seed in a.parse::<u64>().unwrap()..b.parse::<u64>().unwrap() {
        let (x, y) = (native.seed(seed).run(), module.seed(seed).run());
        let rows = |o: &leasehold_sim::Outcome| {
            let mut m: BTreeMap<String, u64> = BTreeMap::new();
            for r in &o.dataset.invariants {
                m.insert(r.name.clone(), r.violations);
            }
            let s = &o.dataset.summary.starts;
            m.insert("~asked".into(), s.asked.into());
            m.insert("~granted".into(), s.granted.into());
            m.insert("~pending".into(), s.pending.into());
            for (k, c) in &o.dataset.summary.calls {
                m.insert(format!("~calls {k}"), c.sent.into());
            }
            for (k, c) in &o.dataset.summary.conflicts {
                m.insert(format!("~conflict {k}"), *c as u64);
            }
            m
        };
        let (p, q) = (rows(&x), rows(&y));
        let keys: std::collections::BTreeSet<&String> = p.keys().chain(q.keys()).collect();
        let mut differs = vec![];
        for k in keys {
            let (u, v) = (p.get(k).copied().unwrap_or(0), q.get(k).copied().unwrap_or(0));
            let e = sums.entry(k.clone()).or_default();
            e.0 += u;
            e.1 += v;
            if !k.starts_with('~') && k != "module_is_sound" && (u > 0) != (v > 0) {
                e.2 += 1;
                differs.push(format!("{k} {u}->{v}"));
            }
        }
        n += 1;
        if differs.is_empty() {
            same += 1
        } else if verbose {
            println!("{seed}: {differs:?}");
        }
    }
    println!("{same} of {n} the same");
    for (k, (u, v, d)) in sums {
        if u + v > 0 {
            println!("{k:45} {u:8} {v:8}   differs in {d}");
        }
    }
}
