//! How often a key goes from one server to another: each time is a chance for something to go
//! wrong, so rates are told by it.

use crate::ids::ServerId;
use leasehold_core::Key;

pub(crate) struct HandOffs {
    /// The server of the last session of each key, if there was one.
    last: Vec<Option<ServerId>>,
    count: u64,
}

impl HandOffs {
    pub(crate) fn new(keys: u32) -> HandOffs {
        HandOffs { last: vec![None; keys as usize], count: 0 }
    }

    /// A server is granted a session.
    pub(crate) fn granted(&mut self, key: Key, server: ServerId) {
        let before = self.last[key.0 as usize].replace(server);
        self.count += u64::from(before.is_some_and(|before| before != server));
    }

    /// What was counted so far is forgotten, and said. The next grant is still held beside the
    /// last.
    pub(crate) fn begin(&mut self) -> u64 {
        std::mem::take(&mut self.count)
    }

    /// Sessions that were granted to another server than the key's last one.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_off_is_a_grant_to_another_server_than_the_last() {
        let mut hand_offs = HandOffs::new(2);
        let grants = [(0, 0), (1, 0), (0, 0), (0, 1), (1, 1), (1, 1), (0, 0)];
        let counts = grants.map(|(key, server)| {
            hand_offs.granted(Key(key), ServerId::new(server));
            hand_offs.count()
        });
        assert_eq!(counts, [0, 0, 0, 1, 2, 2, 3]);
    }
}
