package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// A group is reviewers and cases that have nothing to do with others: a history falls into its
// groups, and each is checked by itself. Reviewer 0 rests for no time after a call, reviewer 1 for a
// quarter hour: its neighbouring starts exclude each other.
const (
	groupReviewers = 2
	groupCases     = 6
	groupStarts    = 4 // quarter hours in a row
	groupClients   = 8
)

// groupSlot is a start of one of a group's reviewers: reviewer × groupStarts + start.
type groupSlot int

func (s groupSlot) reviewer() int { return int(s) / groupStarts }

// excludes reports whether two slots cannot both be busy.
func (s groupSlot) excludes(o groupSlot) bool {
	apart := int(s) - int(o)
	return s.reviewer() == o.reviewer() && max(apart, -apart) <= s.reviewer()
}

// What is asked.
const (
	askHold    = "hold"
	askRelease = "release"
	askBook    = "book"
	askMove    = "move"
	askCancel  = "cancel"
	askGet     = "get"    // one call
	askCase    = "case"   // all calls of a case
	askAgenda  = "agenda" // all calls of a reviewer
)

// asked is one request of a history.
type asked struct {
	Kind     string    `json:"kind"`
	Group    string    `json:"group"`
	Case     int       `json:"case"`
	Reviewer int       `json:"reviewer"`
	Slot     groupSlot `json:"slot"`
	ID       string    `json:"id"` // of the call or hold that is meant, "" = none
}

// answered is what came back. A request without answer – Lost – may have happened at any time
// since, or never.
type answered struct {
	Lost  bool       `json:"lost,omitempty"`
	Code  string     `json:"code,omitempty"` // of a refusal
	ID    string     `json:"id,omitempty"`   // of what was made
	Calls []seenCall `json:"calls,omitempty"`
}

// seenCall is a call as an answer or the model has it.
type seenCall struct {
	ID      string    `json:"id"` // "" in the model: of a booking without answer, and not seen yet
	Case    int       `json:"case"`
	Slot    groupSlot `json:"slot"`
	Version int       `json:"version"`
	Booked  bool      `json:"booked"` // else cancelled
}

// groupState is the state of one group. Steps make a new one.
type groupState struct {
	holds [groupCases]seenHold
	calls []seenCall // all there ever were, in the order of their bookings
}

type seenHold struct {
	id   string // "" = none, or of a hold without answer: held tells
	slot groupSlot
	held bool
}

// groupModel is what the interface promises of a group, in the plainest words: one request after
// the other, nothing lost, nothing twice.
var groupModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		groups := map[string][]porcupine.Operation{}
		for _, op := range history {
			name := op.Input.(asked).Group
			groups[name] = append(groups[name], op)
		}
		out := make([][]porcupine.Operation, 0, len(groups))
		for _, ops := range groups {
			out = append(out, ops)
		}
		return out
	},
	Init: func() any { return groupState{} },
	Step: func(state, input, output any) (bool, any) {
		return state.(groupState).step(input.(asked), output.(answered))
	},
	Equal: func(a, b any) bool {
		x, y := a.(groupState), b.(groupState)
		return x.holds == y.holds && slices.Equal(x.calls, y.calls)
	},
	Hash:              func(state any) uint64 { return state.(groupState).hash() },
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
	DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
}

// hash tells states apart: ids are left out, for equal states are compared once more.
func (s groupState) hash() uint64 {
	h := uint64(len(s.calls))
	mix := func(x int) { h = (h ^ uint64(x)) * 0x100000001b3 }
	for _, hold := range s.holds {
		mix(int(hold.slot) + 1)
		mix(len(hold.id))
	}
	for _, c := range s.calls {
		mix(c.Case)
		mix(int(c.Slot))
		mix(c.Version)
		if c.Booked {
			mix(1)
		}
	}
	return h
}

// step reports whether a request can have an answer in a state, and returns the state after it.
func (s groupState) step(q asked, a answered) (bool, groupState) {
	switch q.Kind {
	case askGet, askCase, askAgenda:
		return s.read(q, a)
	}
	code, next := s.change(q, a)
	if a.Lost {
		return true, next // refused, it has changed nothing
	}
	return code == a.Code, next
}

// change returns the code of the refusal of a change, "" = none, and the state after it. The codes
// that it returns for answers that cannot be are none of the interface.
func (s groupState) change(q asked, a answered) (code string, next groupState) {
	switch q.Kind {
	case askHold:
		return s.hold(q, a)
	case askRelease:
		return s.release(q), s.released(q)
	case askBook:
		return s.book(q, a)
	case askMove, askCancel:
		return s.alter(q, a)
	}
	return "no such request", s
}

// ahead returns the index of the case's booked call, -1 = none.
func (s groupState) ahead(c int) int {
	return slices.IndexFunc(s.calls, func(k seenCall) bool { return k.Booked && k.Case == c })
}

// taken reports whether a slot is excluded by a call or hold of another case. A case's own never
// stands in its way.
func (s groupState) taken(slot groupSlot, c int) bool {
	for i, h := range s.holds {
		if i != c && h.held && h.slot.excludes(slot) {
			return true
		}
	}
	return slices.ContainsFunc(s.calls, func(k seenCall) bool {
		return k.Booked && k.Case != c && k.Slot.excludes(slot)
	})
}

func (s groupState) hold(q asked, a answered) (string, groupState) {
	switch {
	case s.ahead(q.Case) >= 0:
		return "case_already_scheduled", s
	case s.taken(q.Slot, q.Case):
		return "slot_taken", s
	}
	s.holds[q.Case] = seenHold{a.ID, q.Slot, true}
	return "", s
}

// release is never refused.
func (s groupState) release(asked) string { return "" }

func (s groupState) released(q asked) groupState {
	if h := s.holds[q.Case]; h.held && h.id == q.ID {
		s.holds[q.Case] = seenHold{}
	}
	return s
}

func (s groupState) book(q asked, a answered) (string, groupState) {
	h := s.holds[q.Case]
	switch {
	case s.ahead(q.Case) >= 0:
		return "case_already_scheduled", s
	case q.ID != "" && (!h.held || h.id != q.ID):
		return "hold_expired", s
	case q.ID != "" && h.slot != q.Slot:
		return "hold_mismatch", s
	case s.taken(q.Slot, q.Case):
		return "slot_taken", s
	}
	made := seenCall{a.ID, q.Case, q.Slot, 1, true}
	if !a.Lost && (len(a.Calls) != 1 || a.Calls[0] != made || s.knows(a.ID)) {
		return "not what was asked for", s
	}
	s.holds[q.Case] = seenHold{}
	s.calls = append(slices.Clone(s.calls), made)
	return "", s
}

func (s groupState) knows(id string) bool {
	return slices.ContainsFunc(s.calls, func(k seenCall) bool { return k.ID == id })
}

// alter moves or cancels a call.
func (s groupState) alter(q asked, a answered) (string, groupState) {
	i, s := s.find(q.ID, q.Case)
	if i < 0 {
		return "not_found", s
	}
	call := s.calls[i]
	switch {
	case q.Kind == askCancel && !call.Booked:
	case q.Kind == askCancel:
		call.Booked = false
		call.Version++
	case !call.Booked:
		return "not_reschedulable", s
	case call.Slot == q.Slot:
	case s.taken(q.Slot, q.Case):
		return "slot_taken", s
	default:
		call.Slot = q.Slot
		call.Version++
	}
	if !a.Lost && a.Code == "" && (len(a.Calls) != 1 || a.Calls[0] != call) {
		return "not what was asked for", s
	}
	s.calls = slices.Clone(s.calls)
	s.calls[i] = call
	return "", s
}

// find returns the index of a call. An id that is seen for the first time is that of the case's
// booking that had no answer.
func (s groupState) find(id string, c int) (int, groupState) {
	if i := slices.IndexFunc(s.calls, func(k seenCall) bool { return k.ID == id }); i >= 0 {
		return i, s
	}
	i := slices.IndexFunc(s.calls, func(k seenCall) bool { return k.ID == "" && k.Case == c })
	if i >= 0 {
		s.calls = slices.Clone(s.calls)
		s.calls[i].ID = id
	}
	return i, s
}

// read reports whether an answer shows exactly the calls that it is about.
func (s groupState) read(q asked, a answered) (bool, groupState) {
	if a.Lost {
		return true, s
	}
	for _, seen := range a.Calls {
		if _, s = s.find(seen.ID, seen.Case); !s.knows(seen.ID) {
			return false, s
		}
	}
	var want []seenCall
	for _, k := range s.calls {
		if q.Kind == askGet && k.ID == q.ID || q.Kind == askCase && k.Case == q.Case || q.Kind == askAgenda && k.Slot.reviewer() == q.Reviewer {
			want = append(want, k)
		}
	}
	byID := func(a, b seenCall) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(want, byID)
	return a.Code == "" && slices.Equal(want, slices.SortedFunc(slices.Values(a.Calls), byID)), s
}

func (q asked) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s case %d slot %d reviewer %d %s", q.Kind, q.Case, q.Slot, q.Reviewer, q.ID))
}
