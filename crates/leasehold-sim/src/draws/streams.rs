//! What is drawn: every stream of questions, and which word of its answers is for what.
//!
//! An answer has sixteen words. Each stream declares here, once, what it uses them for; a word's
//! number is an enum's discriminant, so two that collide do not compile, and a block is typed by
//! its stream, so nobody reads another stream's word. Numbers may be added to, never changed: they
//! are part of what a seed means, and every recorded bug rests on them.

/// A use of one word of an answer.
pub(crate) trait Word: Copy {
    /// Which of the sixteen words it is.
    fn place(self) -> usize;
}

macro_rules! streams {
    ($($(#[$doc:meta])* $stream:ident = $number:literal: $words:ident;)*) => {
        /// Which kind of question.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Stream { $($(#[$doc])* $stream = $number),* }

        /// The streams as types, each with its words.
        pub(crate) mod of {
            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug)]
                pub(crate) struct $stream;

                $(#[$doc])*
                impl super::Of for $stream {
                    const STREAM: super::Stream = super::Stream::$stream;
                    type Word = super::$words;
                }
            )*
        }
    };
}

/// A stream, and what its words are for.
pub(crate) trait Of {
    /// Which stream.
    const STREAM: Stream;
    /// What the words of its answers are for.
    type Word: Word;
}

macro_rules! words {
    ($($(#[$doc:meta])* $words:ident {
        $($(#[$word_doc:meta])* $word:ident = $place:literal,)*
    })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(dead_code, reason = "the second word of a wide draw is declared to be taken")]
        pub(crate) enum $words { $($(#[$word_doc])* $word = $place),* }

        $(#[$doc])*
        impl Word for $words {
            fn place(self) -> usize {
                self as usize
            }
        }

        $(const _: () = assert!($place < 16, "an answer has sixteen words");)*
    )* };
}

streams! {
    /// A server's clock.
    Clock = 1: ClockWord;
    /// A player's coming: when, and where to.
    Arrival = 2: ArrivalWord;
    /// A player's visit: how long, and what comes after it.
    Visit = 3: VisitWord;
    /// The changes that a player makes during a visit.
    Edit = 4: ClickWord;
    /// A datastore call of a session, for its own record.
    Call = 5: CallWord;
    /// A message.
    Message = 6: MessageWord;
    /// A server's crashes.
    Crash = 7: RandomFaultWord;
    /// A server's pauses.
    Pause = 8: RandomFaultWord;
    /// A player's habits: the pair of servers that they hop between.
    Habit = 10: HabitWord;
    /// How a visit turns out in other ways than `Visit` says: a rejoin, a second device.
    Turn = 11: TurnWord;
    /// The changes that a server makes for a player who is elsewhere.
    StalePlayer = 12: ClickWord;
    /// Whether a change is a trade: with whom, of what.
    Trade = 13: TradeWord;
    /// Whether a change is a purchase.
    Purchase = 14: PurchaseWord;
    /// Whether the platform notes that a receipt is granted.
    Receipt = 15: ReceiptWord;
    /// The steps of a server's wall clock.
    Step = 20: RandomFaultWord;
    /// A server's running out of memory.
    OutOfMemory = 21: RandomFaultWord;
    /// A server's closing.
    Close = 22: CloseWord;
    /// A line of the timeline.
    Timeline = 23: TimelineWord;
    /// An operation from outside a session.
    Operation = 24: OperationWord;
    /// A server's subscribing to a topic.
    Subscribe = 30: SubscribeWord;
    /// A server's being cut off from messages.
    Partition = 31: RandomFaultWord;
    /// A new process: what its library is given to be told apart by.
    Open = 32: OpenWord;
    /// What becomes of a message where it was published.
    Publish = 33: PublishWord;
    /// A datastore call that a server makes on nobody's behalf.
    OwnCall = 34: CallWord;
    /// What a swarm draws for one of its fields.
    Swarm = 40: SwarmWord;
    /// Nothing at all: a question that a test asks to see that it changes no answer.
    #[cfg(test)]
    Unrelated = 255: UnrelatedWord;
}

words! {
    /// How a server's clock is set.
    ClockWord {
        /// How far the wall clock is off.
        Skew = 0,
        /// How far the stopwatch is off.
        Drift = 1,
    }
    /// When a player comes first, or where one goes next.
    ArrivalWord {
        /// The one or the other: they are asked apart.
        WhenOrWhere = 0,
    }
    /// What a visit is like.
    VisitWord {
        /// How long the player stays.
        Stay = 0,
        /// Whether they hop.
        Hop = 1,
        /// How long hopping takes.
        HopDelay = 2,
        /// How long they are away.
        Away = 3,
        /// Whether they try again if they are rejected.
        Retry = 4,
        /// After how long they do.
        RetryAfter = 5,
        /// Whether the game forgets to release the session.
        Leak = 6,
        /// How long the server takes to notice that they are gone.
        NoticedAfter = 7,
    }
    /// What a change of data is like.
    ClickWord {
        /// How long after the one before it.
        After = 0,
        /// Whether the game saves then.
        Save = 1,
        /// Whether a burst begins.
        Burst = 2,
        /// How long after the one before it, within a burst.
        BurstEvery = 3,
    }
    /// What befalls a datastore call.
    CallWord {
        /// How long it takes.
        Latency = 0,
        /// Whether it fails before anything was done.
        FailsBefore = 1,
        /// Whether it fails after all was done.
        FailsAfter = 2,
        /// Whether it is done and never answered.
        NeverAnswers = 3,
        /// Whether what it wrote is damaged.
        Damaged = 4,
        /// In which way.
        Damage = 5,
        /// What its library may draw from: two words.
        Random = 6,
        /// The second of the two.
        RandomRest = 7,
        /// Whether it is throttled.
        Throttled = 8,
        /// Whether it reads the version before.
        ReadsStale = 9,
        /// Whether it reads nothing.
        ReadsNil = 10,
        /// Whether it goes to another scope.
        WrongScope = 11,
        /// Which error it meets: a throttle's or the backend's, as it meets one of them only.
        Error = 12,
        /// Whether it is lost on its way.
        NeverArrives = 15,
    }
    /// What befalls a message.
    MessageWord {
        /// How long it takes.
        Latency = 0,
        /// How long its second copy takes.
        LatencyAgain = 1,
        /// Whether it is lost.
        Lost = 2,
        /// Whether it comes twice.
        Duplicated = 3,
    }
    /// A random fault of a server.
    RandomFaultWord {
        /// When it comes, after the one before it.
        After = 0,
        /// How long it lasts, or by how much.
        Lasts = 1,
        /// In which way.
        How = 2,
    }
    /// The pair of servers that a player hops between.
    HabitWord {
        /// The one.
        First = 0,
        /// The other.
        Other = 1,
    }
    /// How a visit turns out.
    TurnWord {
        /// Whether the player comes straight back.
        Rejoin = 0,
        /// After how long.
        RejoinAfter = 1,
        /// Whether they log in on a second device.
        SecondDevice = 2,
        /// When, within the visit.
        When = 3,
        /// How long the server goes on for them.
        Lasts = 4,
    }
    /// A trade.
    TradeWord {
        /// Whether there is one.
        Happens = 0,
        /// With whom.
        With = 1,
        /// Of what.
        Item = 2,
        /// Whether both are saved at once.
        Saves = 3,
    }
    /// A purchase.
    PurchaseWord {
        /// Whether there is one.
        Happens = 0,
    }
    /// What the platform does with a receipt.
    ReceiptWord {
        /// Whether it does not note that it is granted.
        Unnoted = 0,
    }
    /// A server's closing.
    CloseWord {
        /// Whether the game hears of that first, or of players leaving.
        CloseFirst = 0,
        /// How long an empty server is down.
        DownFor = 1,
    }
    /// An entry of the timeline.
    TimelineWord {
        /// Whether a server that runs out of memory closes in order.
        Closes = 0,
    }
    /// An operation from outside a session.
    OperationWord {
        /// From the end of the one before it, or from the beginning.
        After = 0,
        /// To whose record.
        Whose = 1,
    }
    /// A subscription.
    SubscribeWord {
        /// How long it takes.
        Latency = 0,
        /// Whether it fails.
        Fails = 1,
        /// Whether it never ends.
        Hangs = 2,
    }
    /// A new process.
    OpenWord {
        /// What its library may draw from: two words.
        Random = 0,
        /// The second of the two.
        RandomRest = 1,
    }
    /// What becomes of a message where it was published.
    PublishWord {
        /// How long until that is known.
        Latency = 0,
    }
    /// What a swarm draws for a field.
    SwarmWord {
        /// Whether the field is switched off.
        Zero = 0,
        /// Its value.
        Value = 1,
        /// The other end of its value.
        ValueRest = 2,
    }
    /// Nothing at all.
    #[cfg(test)]
    UnrelatedWord {
        /// A question whose answer nobody uses.
        Nothing = 0,
    }
}
