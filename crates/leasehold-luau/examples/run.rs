//! x
use leasehold_luau::*;
use leasehold_sim::Scenario;
fn main() {
    let mut args = std::env::args().skip(1);
    let (file, adapter_name) = (args.next().unwrap(), args.next().unwrap());
    let range = args.next().unwrap();
    let (a, b) = range.split_once("..").unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let scenario = Scenario::parse(&text).unwrap_or_else(|e| panic!("{e}"));
    let root = "tests/modules/node_modules/";
    let read = |p: &str| std::fs::read_to_string(format!("{root}{p}")).unwrap();
    let mut source = Source::new(Script {
        name: adapter_name.clone(),
        text: adapter(&adapter_name)
            .map(str::to_owned)
            .unwrap_or_else(|| std::fs::read_to_string(&adapter_name).unwrap()),
    });
    let single = |name: &str, p: &str| Package {
        name: name.into(),
        files: vec![Script { name: p.into(), text: read(p) }],
    };
    match adapter_name.as_str() {
        "profile_store" => {
            source.packages.push(single("ProfileStore", "@rbxts/profile-store/src/init.luau"))
        }
        "profile_service" => {
            source.packages.push(single("ProfileService", "@rbxts/profileservice/src/init.lua"))
        }
        "lapis" => {
            source.packages.push(single("Promise", "@rbxts-js/roblox-lua-promise/lib/init.lua"));
            let mut files = vec![];
            fn walk(dir: &std::path::Path, base: &std::path::Path, files: &mut Vec<Script>) {
                let mut all: Vec<_> =
                    std::fs::read_dir(dir).unwrap().flatten().map(|e| e.path()).collect();
                all.sort();
                for p in all {
                    if p.is_dir() {
                        walk(&p, base, files)
                    } else {
                        files.push(Script {
                            name: p.strip_prefix(base).unwrap().to_str().unwrap().into(),
                            text: std::fs::read_to_string(&p).unwrap(),
                        })
                    }
                }
            }
            let base = format!("{root}@rbxts/lapis/out/lapis");
            walk(base.as_ref(), base.as_ref(), &mut files);
            source.packages.push(Package { name: "Lapis".into(), files });
        }
        _ => {}
    }
    let mut history = false;
    let mut native = false;
    let mut shrink = false;
    for flag in args {
        if let Some(us) = flag.strip_prefix("--beats=") {
            source.heartbeats = Heartbeats::Every(us.parse().unwrap());
        }
        if flag == "--history" {
            history = true
        }
        if flag == "--native" {
            native = true
        }
        if flag == "--shrink" {
            shrink = true
        }
    }
    let modules = Modules::new(source).unwrap_or_else(|f| panic!("{f}"));
    let sim = if native {
        leasehold_sim::shipped("n", &scenario).unwrap()
    } else {
        simulation("m", &scenario, modules.clone()).unwrap()
    };
    println!("hash {} contract {:?}", modules.hash(), modules.contract());
    let t = std::time::Instant::now();
    let (mut n, mut events) = (0, 0u64);
    let mut verdicts = std::collections::BTreeMap::new();
    let mut broken: std::collections::BTreeMap<String, u64> = Default::default();
    for seed in a.parse::<u64>().unwrap()..b.parse::<u64>().unwrap() {
        let run = sim.seed(seed);
        let outcome = if history { run.history(&mut |e| println!("{e}")) } else { run.run() };
        n += 1;
        events += outcome.dataset.manifest.events;
        *verdicts.entry(outcome.verdict.name().to_owned()).or_insert(0) += 1;
        for row in &outcome.dataset.invariants {
            for (c, k) in &row.causes {
                *broken.entry(format!("{}: {c}", row.name)).or_default() += k;
            }
            if row.violations > 0 && n < 3 {
                for v in row.first.iter().take(2) {
                    println!("  {} {} {}: {}", v.at_us, v.server, v.key, v.why);
                }
            }
        }
        if n < 4 || history {
            println!(
                "{seed} {} {} {:?}",
                outcome.digest(),
                outcome.verdict.name(),
                outcome.dataset.summary.starts
            );
            println!("   calls {:?}", outcome.dataset.summary.calls);
        }
        if shrink {
            match run.shrink(&sound::MODULE_IS_SOUND) {
                Ok(bug) => println!("{}", sim.explain(&bug).unwrap()),
                Err(e) => println!("{e:?}"),
            }
        }
    }
    println!("{verdicts:?} {broken:#?}\ncounts {:?}", modules.counts());
    let s = t.elapsed().as_secs_f64();
    println!(
        "{n} worlds {:.2} s, {:.1}/s, {events} events {:.2} us/event",
        s,
        n as f64 / s,
        s * 1e6 / events as f64
    );
}
