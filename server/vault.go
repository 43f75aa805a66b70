package server

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parleyhq/parley/engine"
)

// Codes of the vault.
const (
	codeKeyMissing = "data_key_missing"
	codeSealDamage = "sealed_part_damaged"
)

const (
	// partsEvery is how often the sealed parts are counted by key.
	partsEvery = 10 * time.Minute
	// resealCommands bounds the commands of one request to reseal.
	resealCommands = 4
)

// vaultWatch knows which data keys the records need.
type vaultWatch struct {
	engine *engine.Engine
	gone   []uint32 // keys that the operator has said are gone for good

	counted atomic.Pointer[[]engine.KeyCount] // nil: not yet
	// one counts or reseals at a time; place is how far resealing has come.
	one   sync.Mutex
	place engine.ResealPlace
}

// count counts the parts by key; it returns false if that is under way already.
func (v *vaultWatch) count() (counts []engine.KeyCount, ok bool) {
	if !v.one.TryLock() {
		return nil, false
	}
	defer v.one.Unlock()
	return v.recount(), true
}

func (v *vaultWatch) recount() []engine.KeyCount {
	counts := v.engine.Snapshot().KeyCounts()
	v.counted.Store(&counts)
	return counts
}

// follow counts now and then in an encrypted store, until the server ends.
func (v *vaultWatch) follow(ended <-chan struct{}, tick <-chan time.Time) {
	for {
		if v.encrypted() {
			v.count()
		}
		select {
		case <-ended:
			return
		case <-tick:
		}
	}
}

// encrypted reports whether the store is, or is served with keys.
func (v *vaultWatch) encrypted() bool {
	return v.engine.Vault().Keys() != nil || v.engine.Vault().Ready() != nil
}

// missing lists the keys that are needed and not there, but for those that are gone.
func (v *vaultWatch) missing() (ids []uint32) {
	var lacks *engine.MissingKeyError
	if errors.As(v.engine.Vault().Ready(), &lacks) {
		ids = append(ids, lacks.KeyID)
	}
	counts := v.counted.Load()
	if counts == nil {
		return ids
	}
	keys := v.engine.Vault().Keys()
	for _, n := range *counts {
		if n.KeyID != 0 && !keys.Has(n.KeyID) && !slices.Contains(v.gone, n.KeyID) && !slices.Contains(ids, n.KeyID) {
			ids = append(ids, n.KeyID)
		}
	}
	return ids
}

// sealFault is what handlers panic with where a sealed part cannot be opened.
type sealFault struct{ err error }

// problem is what the client is told: no more than that.
func (f sealFault) problem() *problem {
	if errors.Is(f.err, engine.ErrKeyMissing) {
		return keyMissing()
	}
	return &problem{code: codeSealDamage, detail: "Personal data of this answer cannot be read. A change that was asked for may have happened: ask again with the same Idempotency-Key."}
}

func keyMissing() *problem {
	return &problem{code: codeKeyMissing, detail: "A data key is not there, without which personal data is neither read nor taken."}
}

// sealedOff refuses whatever deals with personal data while a key is missing.
func (c *call) sealedOff() *problem {
	watch := c.server.vault
	deals := c.route.personal || c.route.contentType == typeNDJSON
	if watch == nil || !deals || c.route.allow.open || len(watch.missing()) == 0 {
		return nil
	}
	return keyMissing()
}

type dataKeyOut struct {
	ID    uint32 `json:"id"`
	State string `json:"state"`
	Parts int    `json:"parts"`
}

// vaultOut says how personal data is kept.
type vaultOut struct {
	Encrypted bool         `json:"encrypted"`
	Active    *uint32      `json:"active"`
	Keys      []dataKeyOut `json:"keys"`
}

// getVault counts the sealed parts by data key.
func getVault(c *call) answer {
	watch := c.server.vault
	counts, free := watch.count()
	if !free {
		return refuse(&problem{code: codeOverloaded, detail: "The sealed parts are being counted or sealed anew."})
	}
	keys := c.server.engine.Vault().Keys()
	out := vaultOut{Encrypted: watch.encrypted(), Keys: []dataKeyOut{}}
	if id := keys.Active(); id != 0 {
		out.Active = &id
	}
	for _, id := range keys.IDs() {
		if !slices.ContainsFunc(counts, func(n engine.KeyCount) bool { return n.KeyID == id }) {
			counts = append(slices.Clone(counts), engine.KeyCount{KeyID: id})
		}
	}
	slices.SortFunc(counts, func(a, b engine.KeyCount) int { return int(int64(a.KeyID) - int64(b.KeyID)) })
	for _, n := range counts {
		state := string(keys.State(n.KeyID))
		switch {
		case n.KeyID == 0:
			state = "clear"
		case state == "" && slices.Contains(watch.gone, n.KeyID):
			state = "gone"
		case state == "":
			state = "missing"
		}
		out.Keys = append(out.Keys, dataKeyOut{n.KeyID, state, n.Parts})
	}
	return ok(http.StatusOK, out)
}

type resealIn struct {
	Restart opt[bool] `json:"restart"`
}

// resealOut says how far a step has come.
type resealOut struct {
	Resealed int  `json:"resealed"`
	Missing  int  `json:"missing"`
	Done     bool `json:"done"`
}

// resealParts brings some sealed parts under the active key, from where the request before
// has ended. It is asked again until it is done.
func resealParts(c *call) answer {
	t := c.ticket()
	if a, known := c.recall(t, resealDone); known {
		return a
	}
	var in resealIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	watch := c.server.vault
	if c.server.engine.Vault().Keys() == nil {
		return refuse(keyMissing())
	}
	if !watch.one.TryLock() {
		return refuse(&problem{code: codeOverloaded, detail: "The sealed parts are being counted or sealed anew."})
	}
	defer watch.one.Unlock()
	out, p := watch.step(c, in.Restart.V)
	if p != nil {
		return refuse(p)
	}
	o, p := c.answered(t, encode(out))
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return replayable(o, resealDone)
}

func resealDone(o engine.Outcome) answer { return answer{status: http.StatusOK, body: o.Answer} }

func (v *vaultWatch) step(c *call, restart bool) (out resealOut, p *problem) {
	if restart || v.place.Done() {
		v.place = engine.ResealPlace{}
	}
	for range resealCommands {
		next, did, err := v.engine.Reseal(c.wait(), c.command(ticket{}, nil), v.place)
		switch {
		case errors.Is(err, engine.ErrCorrupt), errors.Is(err, engine.ErrKeyMissing):
			return out, sealFault{err}.problem()
		case err != nil:
			return out, failure(err)
		}
		v.place = next
		out.Resealed += did.Resealed
		out.Missing += did.Missing
		if out.Done = next.Done(); out.Done {
			v.recount()
			break
		}
	}
	return out, nil
}

// vaultCollector shows how personal data is kept.
type vaultCollector struct {
	watch                     *vaultWatch
	encrypting, missing, part *prometheus.Desc
}

func newVaultCollector(v *vaultWatch) *vaultCollector {
	return &vaultCollector{
		v,
		prometheus.NewDesc("parley_vault_encrypting", "1 if personal data is written under a data key.", nil, nil),
		prometheus.NewDesc("parley_vault_missing_keys", "Data keys that records need and that are not there; personal data is refused while there are any.", nil, nil),
		prometheus.NewDesc("parley_vault_parts", "Sealed parts of records by what they are under: the active key, other keys of the ring, none (clear), or keys that are not there; as last counted.", []string{"under"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (v *vaultCollector) Describe(out chan<- *prometheus.Desc) {
	out <- v.encrypting
	out <- v.missing
	out <- v.part
}

// Collect implements prometheus.Collector.
func (v *vaultCollector) Collect(out chan<- prometheus.Metric) {
	keys := v.watch.engine.Vault().Keys()
	under := map[string]int{"active": 0, "other": 0, "clear": 0, "missing": 0}
	if counts := v.watch.counted.Load(); counts != nil {
		for _, n := range *counts {
			switch {
			case n.KeyID == 0:
				under["clear"] += n.Parts
			case n.KeyID == keys.Active():
				under["active"] += n.Parts
			case keys.Has(n.KeyID):
				under["other"] += n.Parts
			default:
				under["missing"] += n.Parts
			}
		}
	}
	encrypting := 0.0
	if keys != nil {
		encrypting = 1
	}
	out <- prometheus.MustNewConstMetric(v.encrypting, prometheus.GaugeValue, encrypting)
	out <- prometheus.MustNewConstMetric(v.missing, prometheus.GaugeValue, float64(len(v.watch.missing())))
	for name, n := range under { //order: the registry sorts
		out <- prometheus.MustNewConstMetric(v.part, prometheus.GaugeValue, float64(n), name)
	}
}
