//! A limit as Roblox writes it: so many a minute, and so many more with each player or server.

/// So many a minute (or at once, where a limit counts things that last): a base, and more with each
/// of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Formula {
    /// With none of it.
    pub(crate) base: u32,
    /// More with each player, or each server: the limit says which.
    pub(crate) per_unit: u32,
}

impl Formula {
    pub(crate) const fn new(base: u32, per_unit: u32) -> Formula {
        Formula { base, per_unit }
    }

    /// How many, with so many units.
    pub(crate) const fn of(self, units: u32) -> u32 {
        self.base.saturating_add(self.per_unit.saturating_mul(units))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_grows_with_its_units_and_never_overflows() {
        let write = Formula::new(60, 40);
        assert_eq!([0, 1, 100].map(|players| write.of(players)), [60, 100, 4_060]);
        assert_eq!(write.of(u32::MAX), u32::MAX);
    }
}
