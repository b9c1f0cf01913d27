//! A row for each visit, grown as visits come.
//!
//! Numbers of visits are used again, so whoever keeps rows resets one when a visit begins.

use crate::ids::VisitId;
use leasehold_core::warm;

#[derive(Clone, Debug)]
pub(crate) struct Rows<T>(Vec<T>);

impl<T> Default for Rows<T> {
    fn default() -> Rows<T> {
        Rows(Vec::new())
    }
}

impl<T: Default + Clone> Rows<T> {
    /// The row of a visit.
    #[inline]
    pub(crate) fn of(&mut self, visit: VisitId) -> &mut T {
        let nth = visit.index();
        if nth >= self.0.len() {
            self.grow(nth + 1);
        }
        &mut self.0[nth]
    }

    #[cold]
    fn grow(&mut self, rows: usize) {
        self.0.resize(rows, T::default());
    }

    /// The row of a visit, if there has been a use for one.
    pub(crate) fn get(&self, visit: VisitId) -> Option<&T> {
        self.0.get(visit.index())
    }

    /// The row of a visit will soon be looked at.
    pub(crate) fn warm(&self, visit: VisitId) {
        warm::row(&self.0, visit.index());
    }

    /// All rows, by visit.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (VisitId, &T)> {
        self.0.iter().enumerate().map(|(nth, row)| (VisitId::new(nth as u32), row))
    }
}
