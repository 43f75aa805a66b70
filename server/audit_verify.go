package server

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/parleyhq/parley/engine"
)

// maxAuditLine bounds a line of an exported audit trail, in bytes.
const maxAuditLine = 4 << 20

// AuditReport is what a verified audit trail holds.
type AuditReport struct {
	Tenant           string
	First, Last      uint64 // records of the journal; First is 0 if there is none
	Records, Changes int
	Head             engine.JournalHead // at the end of the file
}

// ErrAudit is why an exported audit trail is not what was exported. It is wrapped with the line.
var ErrAudit = errors.New("the audit trail is not whole")

// VerifyAudit reads an exported audit trail, pages one behind the other, in either form. Every line is written anew from
// the record in it and compared; records must follow each other in number and chain, and changes add up to their seals. heads are
// heads that were kept elsewhere: the file must reach each one of its tenant and have its chain value there; one at least must not lie
// before where the file begins. It
// finds lines that were edited, dropped, moved, put in twice or cut off below a head, and says where.
func VerifyAudit(r io.Reader, heads []engine.JournalHead) (AuditReport, error) {
	v := auditVerifier{wanted: heads, kept: keptOf(heads)}
	in := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = v.line(line)
		}
		if err != nil {
			return v.report, fmt.Errorf("%w: line %d: %w", ErrAudit, number, err)
		}
	}
	return v.report, v.end()
}

// readLine reads one line, which must be ended.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxAuditLine:
			continue
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, errors.New("it is too long")
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, errors.New("it does not end")
		}
		return line, err
	}
}

type auditVerifier struct {
	report  AuditReport
	wanted  []engine.JournalHead
	kept    keptHeads // the same
	started bool
	at      engine.JournalHead
	changes uint64 // since the last seal
	digest  engine.Hash
	held    bool // a head that was kept is at a place that the file has, and is the same
}

// parsedLine is what is read of a line of either form; the rest is compared.
type parsedLine struct {
	Type      string      `json:"-"`
	Plain     any         `json:"type"`
	Tenant    string      `json:"tenant"`
	N         uint64      `json:"n"`
	Chain     string      `json:"chain"`
	Record    string      `json:"record"`
	Extension []extension `json:"extension"`
	Resource  string      `json:"resourceType"`
}

// parseLine finds the form and the parts of a line.
func parseLine(line []byte) (p parsedLine, form auditForm, err error) {
	if err := json.Unmarshal(line, &p); err != nil {
		return p, nil, errors.New("it is no line of an audit trail")
	}
	if p.Resource == "" {
		p.Type, _ = p.Plain.(string)
		return p, ownForm{}, nil
	}
	p.Type = lineStart
	for _, e := range p.Extension {
		switch strings.TrimPrefix(e.URL, systemOwn+"audit:") {
		case "type":
			p.Type = e.Value
		case "tenant":
			p.Tenant = e.Value
		case "n":
			if p.N, err = strconv.ParseUint(e.Value, 10, 64); err != nil {
				return p, nil, errors.New("its number is none")
			}
		case "chain":
			p.Chain = e.Value
		case "record":
			p.Record = e.Value
		}
	}
	return p, fhirForm{}, nil
}

func (v *auditVerifier) line(line []byte) error {
	p, form, err := parseLine(line)
	if err != nil {
		return err
	}
	var want bytes.Buffer
	switch p.Type {
	case lineStart:
		err = v.start(&p, form, &want)
	case lineChange:
		err = v.change(&p, form, &want)
	default:
		err = v.access(&p, form, &want)
	}
	if err == nil && !bytes.Equal(want.Bytes(), line) && !isOlder(&p, want.Bytes(), line) {
		err = errors.New("it says something else than the record in it")
	}
	return err
}

// fromNowhere is what a line says of a change of which it is not known from where it came.
const fromNowhere = `"keyId":null,"client":null,`

// isOlder reports whether a change is told as it was before lines said from where it came, of which its record says nothing.
func isOlder(p *parsedLine, want, line []byte) bool {
	return p.Type == lineChange && bytes.Equal(bytes.Replace(want, []byte(fromNowhere), nil, 1), line)
}

// start begins the file, or goes on where the page before ended.
func (v *auditVerifier) start(p *parsedLine, form auditForm, want *bytes.Buffer) error {
	at := engine.JournalHead{Tenant: p.Tenant, N: p.N}
	chain, err := hex.DecodeString(p.Chain)
	if err != nil || len(chain) != len(at.Chain) {
		return errors.New("its chain value is none")
	}
	copy(at.Chain[:], chain)
	form.start(want, at)
	switch {
	case v.started && at != v.at:
		return fmt.Errorf("a page begins behind record %d, and the one before ends with record %d", at.N, v.at.N)
	case v.changes > 0:
		return errors.New("changes stand before it without a seal")
	case at.N == 0 && at.Chain != engine.Hash{}:
		return errors.New("the chain does not begin at zero")
	}
	if !v.started {
		v.started, v.at, v.report.Tenant = true, at, at.Tenant
	}
	return v.meets()
}

func (v *auditVerifier) change(p *parsedLine, form auditForm, want *bytes.Buffer) error {
	payload, err := v.payload(p)
	if err != nil {
		return err
	}
	r, err := engine.DecodeAudit(payload)
	if err != nil {
		return fmt.Errorf("its record is none: %w", err)
	}
	form.change(want, &r, payload)
	v.changes++
	v.digest = engine.SealNext(v.digest, payload)
	v.report.Changes++
	return nil
}

func (v *auditVerifier) payload(p *parsedLine) ([]byte, error) {
	if !v.started {
		return nil, errors.New("nothing says behind what the trail begins")
	}
	payload, err := base64.StdEncoding.Strict().DecodeString(p.Record)
	if err != nil {
		return nil, errors.New("its record is none")
	}
	return payload, nil
}

func (v *auditVerifier) access(p *parsedLine, form auditForm, want *bytes.Buffer) error {
	payload, err := v.payload(p)
	if err != nil {
		return err
	}
	r, err := engine.DecodeAccess(payload)
	if err != nil {
		return fmt.Errorf("its record is none: %w", err)
	}
	next := v.at.Next(payload)
	switch {
	case p.N != next.N:
		return fmt.Errorf("record %d where record %d should be", p.N, next.N)
	case p.Chain != hexOf(next.Chain):
		return fmt.Errorf("the chain is broken at record %d", p.N)
	case r.Tenant != v.at.Tenant:
		return fmt.Errorf("record %d is of another tenant", p.N)
	case r.Kind == engine.AccessSeal && (r.Changes != v.changes || r.Digest != v.digest):
		return fmt.Errorf("record %d seals %d changes; %d stand before it, or others", p.N, r.Changes, v.changes)
	case r.Kind != engine.AccessSeal && v.changes > 0:
		return errors.New("changes stand before it without a seal")
	}
	form.access(want, next, &r, payload)
	if r.Kind == engine.AccessSeal {
		v.changes, v.digest = 0, engine.Hash{}
	}
	v.at = next
	v.report.Records++
	if v.report.First == 0 {
		v.report.First = next.N
	}
	v.report.Last, v.report.Head = next.N, next
	return v.meets()
}

// meets compares the chain with the heads that were kept.
func (v *auditVerifier) meets() error {
	known, same := v.kept.at(v.at)
	if !same {
		return fmt.Errorf("the chain at record %d is not that of the head that was kept", v.at.N)
	}
	v.held = v.held || known
	return nil
}

// headPlace is where in which chain a head is.
type headPlace struct {
	tenant string
	n      uint64
}

// keptHeads are heads by their places: one is kept every minute, for years, and each record is looked up among them.
type keptHeads map[headPlace][]engine.Hash

func keptOf(heads []engine.JournalHead) keptHeads {
	kept := keptHeads{}
	for _, h := range heads {
		place := headPlace{h.Tenant, h.N}
		if !slices.Contains(kept[place], h.Chain) { // most say the same as the one before
			kept[place] = append(kept[place], h.Chain)
		}
	}
	return kept
}

// at reports whether a head was kept of a place in a chain, and whether all that were have the chain's value there.
func (k keptHeads) at(h engine.JournalHead) (known, same bool) {
	chains := k[headPlace{h.Tenant, h.N}]
	return len(chains) > 0, !slices.ContainsFunc(chains, func(c engine.Hash) bool { return c != h.Chain })
}

// end looks at what is missing.
func (v *auditVerifier) end() error {
	if v.changes > 0 {
		return fmt.Errorf("%w: it ends with %d changes without their seal", ErrAudit, v.changes)
	}
	for _, h := range v.wanted {
		if (h.Tenant == v.at.Tenant || !v.started) && h.N > v.at.N {
			return fmt.Errorf("%w: it ends at record %d, and the head that was kept is at %d", ErrAudit, v.at.N, h.N)
		}
	}
	switch {
	case !v.started:
		return fmt.Errorf("%w: there is nothing in it", ErrAudit)
	case len(v.wanted) > 0 && !v.held: // it may hold anything
		return fmt.Errorf("%w: no head that was kept is of tenant %s and at a record that it has", ErrAudit, v.at.Tenant)
	}
	return nil
}

// VerifyJournal reads the whole journal of an engine's store: every chain from its beginning, the anchors in the log, the
// seals against the log's entries, and heads that were kept elsewhere. It returns the heads.
func VerifyJournal(e *engine.Engine, heads []engine.JournalHead) ([]engine.JournalHead, error) {
	j := e.Journal()
	if j == nil {
		return nil, errors.New("the store keeps no access journal")
	}
	if err := e.Snapshot().CheckAnchors(j, nil); err != nil {
		return nil, err
	}
	found, ends, kept := j.JournalHeads(), map[string]uint64{}, keptOf(heads)
	for _, h := range found {
		ends[h.Tenant] = h.N
	}
	for _, want := range heads {
		if ends[want.Tenant] < want.N {
			return found, fmt.Errorf("%w: tenant %s: it ends at record %d, and the head that was kept is at %d", ErrAudit, want.Tenant, ends[want.Tenant], want.N)
		}
	}
	for _, head := range found {
		err := j.WalkJournal(head.Tenant, 1, func(at engine.JournalHead, payload []byte) error {
			if _, same := kept.at(at); !same {
				return fmt.Errorf("%w: tenant %s: record %d is not that of the head that was kept", ErrAudit, at.Tenant, at.N)
			}
			r, err := engine.DecodeAccess(payload)
			switch {
			case err != nil:
				return fmt.Errorf("%w: tenant %s: record %d: %w", ErrAudit, at.Tenant, at.N, err)
			case r.Tenant != at.Tenant:
				return fmt.Errorf("%w: tenant %s: record %d is of another tenant", ErrAudit, at.Tenant, at.N)
			case r.Kind == engine.AccessSeal:
				return verifySeal(e, at, &r)
			}
			return nil
		})
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// verifySeal compares a seal with the log.
func verifySeal(e *engine.Engine, at engine.JournalHead, r *engine.AccessRecord) error {
	changes, digest := uint64(0), engine.Hash{}
	err := e.Changes(r.From, r.Through, func(c *engine.Change) error {
		if !c.Of(r.Tenant) {
			return nil
		}
		record, err := c.Encode()
		changes, digest = changes+1, engine.SealNext(digest, record)
		return err
	})
	if err == nil && (changes != r.Changes || digest != r.Digest) {
		err = fmt.Errorf("%w: tenant %s: record %d seals %d changes up to position %d of the log, which are %d there, or others",
			ErrAudit, r.Tenant, at.N, r.Changes, r.Through, changes)
	}
	return err
}
