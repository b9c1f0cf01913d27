//! What is on its way between sessions that ask and owners that answer.
//!
//! A session that hears nothing in time may have been asked or answered all the same: the words
//! for what it does then say what is still on its way.

use crate::ids::ServerId;
use crate::library::MessageKind;
use crate::step::Fact;
use crate::trace::{Of, TraceRow};
use leasehold_core::Key;
use std::collections::BTreeMap;

/// Between whom a message is: from, to.
pub(super) type Between = (Option<ServerId>, Option<ServerId>);

/// A session, as far as rows tell: its server and its key.
type Session = (Option<ServerId>, Option<Key>);

/// What is on its way to or from those who asked.
#[derive(Default)]
pub(super) struct Post {
    /// By who asks for which key: the message, and with whom.
    pub(super) under_way: BTreeMap<Session, (u32, MessageKind, ServerId)>,
    /// Who was heard last: in which event, by which server, for which key.
    heard: Option<((u64, Session), Option<ServerId>)>,
}

impl Post {
    pub(super) fn row(&mut self, row: &TraceRow, messages: &BTreeMap<u32, Between>) {
        let Of::Message(message) = row.of else { return };
        let (server, key) = (row.place.server, row.place.key);
        let session = (server, key);
        let between = messages.get(&message).copied().unwrap_or_default();
        match row.fact {
            Some(Fact::Published { kind: MessageKind::Challenge }) => {
                let to = between.1.filter(|to| Some(*to) != server);
                let asks = |to| (session, (message, MessageKind::Challenge, to));
                self.under_way.extend(to.map(asks));
            }
            Some(Fact::Published { .. }) => {
                if let (Some((here, asker)), Some(by)) = (self.heard, server)
                    && here == (row.event, session)
                {
                    self.under_way.insert((asker, key), (message, MessageKind::Answer, by));
                }
            }
            Some(Fact::MessageDuplicated) => {}
            _ => self.under_way.retain(|_, (known, ..)| *known != message),
        }
        if let Some(Fact::Delivered { kind: MessageKind::Challenge }) = row.fact {
            self.heard = Some(((row.event, session), between.0));
        }
    }
}
