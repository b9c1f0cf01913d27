//! What servers say to each other, as far as the world cares: where, and whether it is a question.

/// Something to listen to and to publish to: a small number of the library's own, the same on all
/// servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic(pub u64);

/// The longest name of a topic, in characters (creator-docs,
/// reference/engine/classes/MessagingService.yaml); the shortest has one.
pub(crate) const TOPIC_MAX: usize = 80;

/// Whether a topic's name, so many characters long, can be used.
pub(crate) fn topic_fits(chars: usize) -> bool {
    (1..=TOPIC_MAX).contains(&chars)
}

/// What servers say to each other, as far as faults care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailKind {
    /// A question to a holder.
    Challenge,
    /// Its answer.
    Answer,
}

impl MailKind {
    /// Both.
    pub const ALL: [MailKind; 2] = [MailKind::Challenge, MailKind::Answer];

    /// Its name on a tape.
    pub fn name(self) -> &'static str {
        match self {
            MailKind::Challenge => "challenge",
            MailKind::Answer => "answer",
        }
    }
}
