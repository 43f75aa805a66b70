package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// KeyCount says how many sealed parts need a data key; of KeyID 0, how many are clear.
type KeyCount struct {
	KeyID uint32
	Parts int
}

// KeyCounts counts the sealed parts of all tenants by key, ascending. It reads every record,
// about a second for a million.
func (s *Snapshot) KeyCounts() []KeyCount {
	counts := map[uint32]int{}
	s.state.eachSealed(func(_ SealedIn, _ string, _ int, p *sealedPart) bool {
		counts[p.at.KeyID]++
		return true
	})
	return sortedCounts(counts)
}

func sortedCounts(counts map[uint32]int) (out []KeyCount) {
	for id, n := range counts { //order: sorted below
		out = append(out, KeyCount{id, n})
	}
	slices.SortFunc(out, func(a, b KeyCount) int { return cmp.Compare(a.KeyID, b.KeyID) })
	return out
}

// checkSealed opens every sealed part whose key is there and compares the digests that it
// explains. It returns how many could not be opened for want of a key.
func (s *state) checkSealed(v *Vault) (missing []KeyCount, err error) {
	counts := map[uint32]int{}
	keep := func(e error) bool {
		var lacks *MissingKeyError
		if errors.As(e, &lacks) {
			counts[lacks.KeyID]++
			e = nil
		}
		err = e
		return err == nil
	}
	s.eachSealed(func(_ SealedIn, _ string, _ int, p *sealedPart) bool { return keep(p.check(v)) })
	if err == nil && (v.digestKey != nil || v.wrappedBy == 0) {
		s.cases.each(func(c *Case) bool {
			err = c.checkDigests(v)
			return err == nil
		})
	}
	return sortedCounts(counts), err
}

// check opens a part as what it is.
func (p *sealedPart) check(v *Vault) (err error) {
	switch place := p.place(); p.kind {
	case kindReviewer:
		_, err = v.OpenReviewer(place, *p.at)
	case kindCase:
		_, err = v.OpenCase(place, *p.at)
	case kindAppointment:
		_, err = v.OpenAppointment(place, *p.at)
	case kindCaller:
		_, err = v.OpenCaller(place, *p.at)
	case kindAttempt:
		_, err = v.OpenAttempt(place, *p.at)
	case kindReport:
		_, err = v.OpenReport(place, *p.at)
	default:
		_, err = v.opened(p.kind, place, *p.at)
	}
	return err
}

func (c *Case) checkDigests(v *Vault) error {
	place := c.sealedParts()[0].place()
	p, err := v.OpenCase(place, c.Personal)
	if err != nil {
		return nil //nolint:nilerr // counted where all parts are opened
	}
	if p.MemberID != "" && v.DigestMemberID(p.MemberID) != c.MemberID ||
		p.MemberBirthDate != "" && v.DigestBirthDate(p.MemberBirthDate) != c.BirthDate {
		return fmt.Errorf("%w: the digests of %s differ from its sealed part", ErrCorrupt, place)
	}
	return nil
}

// resealLook bounds the records that one call of Reseal looks at.
const resealLook = 20_000

// ResealPlace is how far a re-sealing has come; the zero value is its beginning.
type ResealPlace struct {
	next resealPlace
	done bool
}

// Done reports whether the end was reached.
func (p ResealPlace) Done() bool { return p.done }

// ResealStep is what one call of Reseal has done.
type ResealStep struct {
	Resealed int // parts that are under the active key now
	Missing  int // parts left as they are, since their key is not there
	TooLarge int // parts left as they are, since they would break a limit; KeyCounts goes on counting them
}

// Reseal brings up to MaxReseal sealed parts, of all tenants, under the active data key, in
// one command made of cmd, whose payload is set here, and returns where to go on. What is sealed already is passed
// over, and so is what would be too large. Errors are those of Submit; a blob that does not open gives ErrCorrupt, and a
// vault without keys ErrKeyMissing.
func (e *Engine) Reseal(ctx context.Context, cmd Command, from ResealPlace) (ResealPlace, ResealStep, error) {
	keys := e.vault.Keys()
	if keys == nil {
		return from, ResealStep{}, ErrKeyMissing
	}
	if from.next.in == 0 {
		from.next.in = InReviewer
	}
	r := resealing{vault: e.vault, active: keys.Active()}
	to := ResealPlace{done: true}
	e.Snapshot().state.sealedFrom(from.next, func(in SealedIn, tenant, id string, parts []sealedPart) bool {
		if r.err != nil || r.looked == resealLook || len(r.cmd.Parts)+len(parts) > MaxReseal && len(r.cmd.Parts) > 0 || r.bytes > maxResealBytes/2 {
			to = ResealPlace{next: resealPlace{in, tenant, id}}
			return false
		}
		r.take(in, tenant, id, parts)
		return true
	})
	if r.err != nil {
		return from, ResealStep{}, r.err
	}
	step := ResealStep{Resealed: len(r.cmd.Parts), Missing: r.missing, TooLarge: r.tooLarge}
	if step.Resealed == 0 {
		return to, step, nil
	}
	cmd.Payload = r.cmd
	o, err := e.Submit(ctx, cmd)
	if err == nil && o.Status != StatusOK {
		err = fmt.Errorf("engine: resealing was refused: %s %s", o.Status, o.Detail)
	}
	if err != nil {
		return from, ResealStep{}, err
	}
	return to, step, nil
}

// resealing collects the parts of one command.
type resealing struct {
	vault  *Vault
	active uint32
	cmd    Reseal
	looked int
	bytes  int
	err    error

	missing, tooLarge int
}

func (r *resealing) take(in SealedIn, tenant, id string, parts []sealedPart) {
	r.looked++
	for i := range parts {
		p := &parts[i]
		if p.at.empty() || p.at.KeyID == r.active || r.err != nil {
			continue
		}
		plain, err := r.vault.opened(p.kind, p.place(), *p.at)
		switch {
		case errors.Is(err, ErrKeyMissing):
			r.missing++
			continue
		case err != nil:
			r.err = err
			return
		}
		fresh := r.vault.sealed(p.kind, p.place(), plain)
		switch {
		case fresh.KeyID == 0:
			r.err = errNoNonce
			return
		case !p.fits(&fresh):
			r.tooLarge++
			continue
		}
		r.bytes += len(fresh.Bytes)
		r.cmd.Parts = append(r.cmd.Parts, Resealed{in, tenant, id, i, p.at.digest(), fresh})
	}
}
