//! `SaveProfileAsync`, its callers, and what an answer means (sections 4.2 and 4.3).

use super::{Machine, Store};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{OpId, Seat};
use crate::profile_store::api::{Effect, EndRequest, Method, Purpose};
use crate::profile_store::notice::{Complaint, Notice, Reason, Signal};
use crate::profile_store::profile::{ProfileKind, SaveJob};
use crate::profile_store::record::{Record, SessionGuid};
use crate::profile_store::update::SaveKind;
use crate::time::Now;

impl<D: Document> Store<D> {
    /// Begins a save. False if it raised, before anything else.
    pub(super) fn save(
        &mut self,
        now: Now,
        seat: Seat,
        kind: SaveKind,
        reason: Reason,
        out: &mut Effects<Effect<D>>,
    ) -> bool {
        self.save_within(now, seat, (kind, reason), None, out)
    }

    /// Begins a save, perhaps in the middle of the one that has made this call.
    fn save_within(
        &mut self,
        now: Now,
        seat: Seat,
        (kind, reason): (SaveKind, Reason),
        within: Option<OpId>,
        out: &mut Effects<Effect<D>>,
    ) -> bool {
        let Some(profile) = self.profile(seat) else { return false };
        if profile.data.is_none() {
            let notice = Notice::Complaint(Complaint::NotATable(kind));
            out.push(Effect::Tell { seat, notice });
            return false;
        }
        self.tell_signal(now, seat, Signal::OnSave, out);
        if kind == SaveKind::Final {
            out.push(Effect::Tell { seat, notice: Notice::LastSave(reason) });
            self.fire(now, seat, Signal::OnLastSave, out);
            self.disconnect(seat, out);
            self.deactivate(seat);
            self.tell_signal(now, seat, Signal::OnSessionEnd, out);
        }
        let op = self.slot(seat).ops.take();
        if let Some(profile) = self.profile_mut(seat) {
            profile.begin(op, (kind, reason), within);
        }
        self.save_jobs += 1;
        self.enqueue(now, op, Method::Update(Purpose::Save(kind)), 0, out);
        true
    }

    fn tell_signal(&mut self, now: Now, seat: Seat, signal: Signal, out: &mut Effects<Effect<D>>) {
        out.push(Effect::Tell { seat, notice: Notice::Fired(signal) });
        self.fire(now, seat, signal, out);
    }

    pub(super) fn plain_save(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        self.save(now, seat, SaveKind::Save, Reason::Manual, out);
    }

    pub(super) fn shutdown_save(
        &mut self,
        now: Now,
        seat: Seat,
        out: &mut Effects<Effect<D>>,
    ) -> bool {
        self.save(now, seat, SaveKind::Final, Reason::Shutdown, out)
    }

    /// `Profile:Save()`.
    pub(super) fn user_save(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        let Some(profile) = self.profile(seat) else { return };
        let ProfileKind::Session { loaded_at, .. } = profile.kind else {
            let notice = Notice::Complaint(Complaint::WrongKind);
            return out.push(Effect::Tell { seat, notice });
        };
        if !self.is_active(seat) {
            let notice = Notice::Complaint(Complaint::NotActive);
            return out.push(Effect::Tell { seat, notice });
        }
        self.deactivate(seat);
        self.autosave.add((now.mono, self.heard_at(now)), seat, loaded_at);
        let token = self.slot(seat).token;
        self.active.insert(token, seat);
        self.plain_save(now, seat, out);
    }

    /// `Profile:EndSession()`: nothing if it is not active.
    pub(super) fn end_session(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        if self.is_active(seat) {
            self.save(now, seat, SaveKind::Final, Reason::Manual, out);
        }
    }

    /// `Profile:SetAsync()`.
    pub(super) fn set(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        let Some(profile) = self.profile(seat) else { return };
        if profile.is_view() {
            self.save(now, seat, SaveKind::Overwrite, Reason::Manual, out);
        } else {
            let notice = Notice::Complaint(Complaint::WrongKind);
            out.push(Effect::Tell { seat, notice });
        }
    }

    /// Takes a profile off the auto-save's list, and whoever is active for its token off the map.
    fn deactivate(&mut self, seat: Seat) {
        self.autosave.remove(seat);
        let token = self.slot(seat).token;
        self.active.remove(&token);
    }

    fn disconnect(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let Some(guid) = self.profile(seat).and_then(|profile| profile.guid()) else { return };
        // One that is not in place yet is given up as soon as it is.
        if self.topics.get(&guid).is_some_and(|topic| topic.connected) {
            self.topics.remove(&guid);
            out.push(Effect::Unsubscribe(guid));
        }
    }

    pub(super) fn subscribed(&mut self, guid: SessionGuid, ok: bool, out: &mut Effects<Effect<D>>) {
        let Some(topic) = self.topics.get(&guid).copied().filter(|topic| !topic.connected) else {
            return;
        };
        let ours = self.profile(topic.seat).and_then(|profile| profile.guid()) == Some(guid);
        if ok && ours && self.is_active(topic.seat) {
            self.topics.insert(guid, super::Topic { connected: true, ..topic });
            return;
        }
        self.topics.remove(&guid);
        if ok {
            out.push(Effect::Unsubscribe(guid));
        }
    }

    /// A message came in on a session's topic (section 3.5).
    pub(super) fn heard(
        &mut self,
        now: Now,
        guid: SessionGuid,
        end_request: EndRequest,
        out: &mut Effects<Effect<D>>,
    ) {
        let Some(seat) = self.topics.get(&guid).filter(|it| it.connected).map(|it| it.seat) else {
            return;
        };
        let Some(profile) = self.profile_mut(seat).filter(|it| it.guid() == Some(guid)) else {
            return;
        };
        if !profile.heeds(now.mono, end_request) || !self.is_active(seat) {
            return;
        }
        if end_request.end_session {
            self.save(now, seat, SaveKind::Final, Reason::External, out);
        } else {
            self.user_save(now, seat, out);
        }
    }

    /// A save's call is over.
    pub(super) fn saved(
        &mut self,
        now: Now,
        op: OpId,
        record: Option<Box<Record<D>>>,
        out: &mut Effects<Effect<D>>,
    ) {
        let seat = op.seat;
        let Some(job) = self.profile(seat).and_then(|profile| profile.job(op)) else { return };
        let over = match record {
            Some(record) => self.answered(now, op, job, *record, out),
            None => self.failed(now, op, job),
        };
        if over {
            self.save_jobs -= self.profile_mut(seat).map_or(0, |profile| profile.finish(op));
            if job.kind == SaveKind::Overwrite {
                out.push(Effect::Tell { seat, notice: Notice::SetReturned });
            }
        }
        self.rearm(seat);
        self.settle(seat, out);
    }

    /// A final save is tried until it is answered; the others are given up.
    fn failed(&mut self, now: Now, op: OpId, job: SaveJob) -> bool {
        if job.kind != SaveKind::Final {
            return true;
        }
        let rules = self.rules;
        if let Some(profile) = self.profile_mut(op.seat) {
            profile.sleep(&rules, now.mono, op);
        }
        false
    }

    /// Reads what a save came back with. False if it is not over: its thread makes a final save
    /// first, or dies.
    fn answered(
        &mut self,
        now: Now,
        op: OpId,
        job: SaveJob,
        record: Record<D>,
        out: &mut Effects<Effect<D>>,
    ) -> bool {
        let (seat, me) = (op.seat, self.host.me);
        let active = self.is_active(seat);
        let Some(profile) = self.profile_mut(seat).filter(|_| job.kind != SaveKind::Overwrite)
        else {
            return true;
        };
        let found = profile.ownership(me, &record);
        if found.owner && found.wanted {
            return !active || self.end_for_another(now, op, out);
        }
        let Some(list) = record.updates.as_ref().and_then(|updates| updates.list.as_ref()) else {
            // Iterating what is not there raises, outside of any protection (hazard H-F6).
            profile.stick(op);
            return false;
        };
        let new = profile.inbox.returned(list);
        profile.last_saved = record.data;
        if found.owner {
            if active && job.kind == SaveKind::Save {
                self.deliver(seat, &new, out);
            }
        } else {
            self.disconnect(seat, out);
            if active {
                self.deactivate(seat);
                self.tell_signal(now, seat, Signal::OnSessionEnd, out);
            }
        }
        self.tell_signal(now, seat, Signal::OnAfterSave, out);
        true
    }

    /// Another server wants the session: it is saved for the last time, in the middle of the save
    /// that has found it out. If `Data` is not a table by now, both threads die.
    fn end_for_another(&mut self, now: Now, op: OpId, out: &mut Effects<Effect<D>>) -> bool {
        let last = (SaveKind::Final, Reason::External);
        if !self.save_within(now, op.seat, last, Some(op), out)
            && let Some(profile) = self.profile_mut(op.seat)
        {
            profile.stick(op);
        }
        false
    }

    /// Final saves whose sleep is over call again.
    pub(super) fn retry_saves(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        while self.profile(seat).is_some_and(|profile| profile.is_due(now.mono)) {
            let op = self.slot(seat).ops.take();
            let job = self.profile_mut(seat).and_then(|profile| profile.retry(now.mono, op));
            let Some(job) = job else { break };
            let request = Method::Update(Purpose::Save(job.kind));
            self.enqueue(now, op, request, job.failures, out);
        }
        self.rearm(seat);
    }

    /// Frees the seat of a profile that nothing more can happen to. One that is replaced by another
    /// without being told stays in the auto-save's list, and so for ever (hazard H-E2).
    pub(super) fn settle(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let Some(Machine::Profile(profile)) = self.machine(seat) else { return };
        let over = match profile.kind {
            ProfileKind::Session { .. } => !self.is_active(seat) && !self.is_listed(seat),
            ProfileKind::View { forgotten } => forgotten,
        };
        if over && profile.jobs() == 0 {
            self.given_back(seat, out);
            self.ended(seat, out);
        }
    }
}
