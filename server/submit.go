package server

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// ticket is what makes a changing POST repeatable; the zero ticket is none.
type ticket struct {
	key   string
	print engine.Fingerprint
	plain engine.Fingerprint // as it would be in a store that is not encrypted
}

func (c *call) ticket() ticket {
	plain := fingerprint(c.route, c.id, c.body)
	vault := c.server.engine.Vault()
	if vault.Keys() == nil {
		return ticket{key: c.key, print: plain, plain: plain}
	}
	// A digest of what somebody wrote tells whether a guess of it is right.
	return ticket{key: c.key, print: vault.Mark("request", plain[:]), plain: plain}
}

// known looks for what is remembered of a request, also from before the store was encrypted.
func (c *call) known(t ticket) (engine.Outcome, bool) {
	o, known := c.server.engine.Recall(c.actor, t.key, t.print)
	if known && o.Status != engine.StatusOK && t.plain != t.print {
		o, known = c.server.engine.Recall(c.actor, t.key, t.plain)
	}
	c.openAnswer(t, &o)
	return o, known
}

// openAnswer opens a composed answer that is remembered.
func (c *call) openAnswer(t ticket, o *engine.Outcome) {
	if len(o.Answer) > 0 {
		o.Answer = opened(c.server.engine.Vault().OpenAnswer(c.actor.Tenant, c.actor.Principal, t.key, o.Answer))
	}
}

// answered remembers a composed answer under the ticket's key.
func (c *call) answered(t ticket, body []byte) (engine.Outcome, *problem) {
	return c.submit(t, engine.RecordAnswer{Body: c.server.engine.Vault().SealAnswer(c.actor.Tenant, c.actor.Principal, t.key, body)})
}

// shortened remembers a composed answer under the ticket's key: the whole of it while the room for answers is less than half
// full, else the short one, which takes as much as the key does. Whichever it is, it is the first answer and stays it.
func (c *call) shortened(t ticket, whole, short []byte) (engine.Outcome, *problem) {
	vault := c.server.engine.Vault()
	for _, body := range [][]byte{whole, short} {
		sealed := vault.SealAnswer(c.actor.Tenant, c.actor.Principal, t.key, body)
		o, p := c.submit(t, engine.RecordAnswer{Body: sealed, Long: len(body) > len(short)})
		if p == nil || !p.keysFull {
			return o, p
		}
	}
	return engine.Outcome{}, failure(engine.ErrKeysFull)
}

// recall looks for the first answer to a repeated request, which comes before
// every other check. render makes an answer of an outcome and of nothing else.
func (c *call) recall(t ticket, render func(engine.Outcome) answer) (answer, bool) {
	o, known := c.known(t)
	if !known {
		return answer{}, false
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o)), true
	}
	if !c.snap.Sees(&o) {
		return notFound(), true
	}
	return replayable(o, render), true
}

// replayable renders an accepted outcome, marked if it was given before.
func replayable(o engine.Outcome, render func(engine.Outcome) answer) answer {
	a := render(o)
	a.replayed, a.idle = o.Replayed, o.Idle
	return a
}

// submit queues a command and waits until its outcome is durable. A refusal is
// an outcome; only a broken world is a problem here.
func (c *call) submit(t ticket, p engine.Payload) (engine.Outcome, *problem) {
	began := c.trace.now()
	o, err := c.server.engine.Submit(c.wait(), c.command(t, p))
	c.trace.part(partWrite, began)
	if err != nil {
		return o, failure(err)
	}
	switch {
	case o.Status == engine.StatusOK && !o.Replayed:
		c.server.metrics.accepted(p, &o)
	case o.Replayed && !c.newest().Sees(&o): // given once more
		return o, &problem{code: codeNotFound}
	}
	c.openAnswer(t, &o)
	return o, nil
}

// conflicts are the refusals that count as lost races.
var conflicts = map[engine.Status]bool{
	engine.StatusSlotTaken: true, engine.StatusHoldExpired: true,
	engine.StatusCaseAlreadyScheduled: true, engine.StatusRulesChanged: true,
}

// refused makes the problem of a refusal, with what the outcome tells of it.
func (c *call) refused(o engine.Outcome) *problem {
	p := refusal(o.Status)
	if conflicts[o.Status] {
		c.server.metrics.conflict(p.code)
	}
	if o.Detail != "" {
		p.extra = append(p.extra, member{"reason", encode(o.Detail)})
	}
	if o.Rule != "" {
		p.extra = append(p.extra, member{"rule", encode(o.Rule)})
	}
	if o.Status == engine.StatusOutcomeNotAllowed && o.Detail == engine.DetailPartialCertification {
		p.detail = "No law that covers the case lets a part be certified in the call. Leave partialCertification out; what was agreed on can be in the note."
		p.extra = append(p.extra, member{"allowedBy", encode(c.snap.Rules().PartialCertificationRows())})
	}
	if o.RetryAt > o.Now {
		p.retryAfter = int(o.RetryAt - o.Now)
	}
	switch o.Status {
	case engine.StatusAttestationRequired:
		p.extra = append(p.extra, member{"codes", encode(o.Codes)}, member{"attestations", encode(c.attestationTexts(o.Codes))})
	case engine.StatusAttestationNotApplicable:
		p.extra = append(p.extra, member{"codes", encode(o.Codes)})
	default:
		if len(o.Codes) > 0 {
			p.extra = append(p.extra, member{"caseIds", encode(o.Codes)})
		}
	}
	if len(o.Reasons) > 0 {
		p.extra = append(p.extra, member{"reasons", encode(reasonsOut(o.Reasons))})
	}
	return p
}

// attestationText is a code with what it acknowledges.
type attestationText struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

func (c *call) attestationTexts(codes []string) []attestationText {
	out := make([]attestationText, len(codes))
	for i, code := range codes {
		text, _, _ := c.snap.Rules().AttestationText(code)
		out[i] = attestationText{Code: code, Text: text}
	}
	return out
}

// slotRefused is refused with what helps to choose again: the nearest offers
// instead of a slot that is taken, the offer as it is now if it has changed.
func (c *call) slotRefused(o engine.Outcome, s slotAsked) *problem {
	p := c.refused(o)
	switch o.Status {
	case engine.StatusSlotTaken:
		offers, unrecorded := c.alternatives(s)
		if unrecorded != nil {
			return unrecorded
		}
		if offers != nil {
			p.extra = append(p.extra, member{"alternatives", offers})
		}
	case engine.StatusRulesChanged:
		if o.Judgement != nil {
			offer, unrecorded := c.offerNow(s, o.Judgement)
			if unrecorded != nil {
				return unrecorded
			}
			p.extra = append(p.extra, member{"offer", offer})
		}
	}
	return p
}

// slotAsked is the slot that a hold, a booking or a move asked for.
type slotAsked struct {
	caseIDs        []string
	reviewerID     string
	start          slots.Instant
	zone           *slots.Zone
	specialtyMatch bool
}

// alternatives are the offers nearest to a slot on the newest snapshot: the one
// that refused the slot, not the one that the request began with. They are nil if finding
// them takes more work than the request may.
func (c *call) alternatives(s slotAsked) (jsontext.Value, *problem) {
	snap := c.newest()
	q := inquiry{caseIDs: s.caseIDs, zone: s.zone, specialtyMatch: s.specialtyMatch}
	var offers []matcher.Offer
	planned := false
	if !c.work.Within(func() {
		if plan, p := c.plan(snap, max(c.now, snap.Stamped()), q); p == nil {
			offers, planned = plan.Nearest(s.start, maxAlternatives), true
		}
	}) {
		return nil, nil
	}
	if !planned {
		return jsontext.Value("[]"), nil
	}
	return c.writeOffers(snap, &q, offers)
}

// writeOffers writes a list of offers, on record where that is demanded.
func (c *call) writeOffers(snap *engine.Snapshot, q *inquiry, offers []matcher.Offer) (jsontext.Value, *problem) {
	if p := c.recordOffers(snap, q, offers); p != nil {
		return nil, p
	}
	w := &offerWriter{call: c, snap: snap, zone: q.zone}
	return w.offers(nil, offers), nil
}

// recordOffers puts a list of offers on record where that is demanded, with codes that say why there are none.
func (c *call) recordOffers(snap *engine.Snapshot, q *inquiry, offers []matcher.Offer, codes ...string) *problem {
	duty := c.underDuty(snap, q.caseIDs)
	if len(duty) == 0 {
		return nil
	}
	p := proofOf(q, &matcher.Explanation{}).list(offers)
	p.codes = codes
	return c.offered(snap, duty, p)
}

// offerNow writes the offer that a judgement describes.
func (c *call) offerNow(s slotAsked, j *matcher.Judgement) (jsontext.Value, *problem) {
	snap := c.newest()
	r, ok := snap.Reviewer(c.actor.Tenant, s.reviewerID)
	if !ok {
		return jsontext.Value("null"), nil
	}
	offer := matcher.Offer{
		SlotOffer: matcher.SlotOffer{
			Start: j.Span.Start, End: j.Span.End, Consultative: j.Consultative, Late: j.Late,
			Unmet: j.Unmet, Attestations: j.Attestations, Cases: differing(j.Cases),
		},
		Reviewer: &r.Reviewer, Relation: j.Relation, Priority: 1, Tier: j.Tier,
	}
	q := inquiry{caseIDs: s.caseIDs, zone: s.zone, specialtyMatch: s.specialtyMatch}
	if p := c.recordOffers(snap, &q, []matcher.Offer{offer}); p != nil {
		return nil, p
	}
	w := &offerWriter{call: c, snap: snap, zone: s.zone}
	return w.offer(nil, &offer), nil
}

// differing returns the cases' parts if they are not all alike, else nil.
func differing(cases []matcher.CaseJudgement) []matcher.CaseJudgement {
	for _, j := range cases {
		if j.Tier != cases[0].Tier || j.Unmet != cases[0].Unmet || j.Consultative != cases[0].Consultative {
			return cases
		}
	}
	return nil
}

// ok answers with a JSON document.
func ok(status int, v any) answer { return answer{status: status, body: encode(v)} }

// written answers a PUT: 201 for a new resource, 200 for a changed one.
func written(o engine.Outcome, version uint64, v any) answer {
	a := ok(http.StatusOK, v)
	if o.Created {
		a.status = http.StatusCreated
	}
	a.version, a.idle = version, o.Idle
	return a
}

func notFound() answer { return refuse(&problem{code: codeNotFound}) }
