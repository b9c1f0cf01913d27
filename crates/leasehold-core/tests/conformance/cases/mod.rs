//! The cases, in the order of `docs/protocols/profile-store.md`. \[M\] there means that the answers
//! were measured.

mod costs;
mod deadly;
mod hazards;
mod memory;
mod messages;
mod saves;
mod starts;

use super::Case;

/// All cases.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let parts: [&[Case]; 7] = [
        starts::CASES,
        saves::CASES,
        messages::CASES,
        memory::CASES,
        costs::CASES,
        hazards::CASES,
        deadly::CASES,
    ];
    parts.into_iter().flatten().copied()
}

type Expect = &'static [(&'static str, &'static str)];

const fn case(
    section: &'static str,
    what: &'static str,
    script: &'static str,
    expect: Expect,
) -> Case {
    Case { section, what, script, expect }
}
