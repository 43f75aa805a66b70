package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// overlapping answers two requests under one key, the second of which comes while the first one's change is being written.
func (w *world) overlapping(role, path string, bodies [2]string) (out [2]answer) {
	w.t.Helper()
	w.key("desk", engine.CreateKey{Role: role})
	gate := w.store.BlockNext()
	first, second := make(chan answer), make(chan answer)
	handle := func(to chan answer, c *call) { to <- c.route.handle(c) }
	go handle(first, w.calling("POST", path, "", bodies[0], "k"))
	<-gate.Entered()
	c := w.calling("POST", path, "", bodies[1], "k")
	asked := make(chan struct{})
	go func() {
		close(asked)
		handle(second, c)
	}()
	<-asked
	gate.Release()
	return [2]answer{<-first, <-second}
}

// TestImportsUnderOneKey: of two imports at once under one key one takes effect. The same one is answered with what became of
// it, another one changes nothing.
func TestImportsUnderOneKey(t *testing.T) {
	t.Parallel()
	lines := func(n int, v doc) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line("case", v.with("/id", fmt.Sprint("c-", i))) + "\n")
		}
		return b.String()
	}
	w := newWorld(t, deckNow)
	w.importing(lines(600, winter), "Idempotency-Key", "seed").is(200, "")
	once := lines(600, winter.with("/version", 1, "/expedited", true))
	got := w.overlapping(engine.RoleCoordinator, "/v1/import", [2]string{once, once})
	if want := `{"taken":600,"refusedCount":0,"refused":[]}`; string(got[0].body) != want || string(got[1].body) != want || got[0].replayed == got[1].replayed {
		t.Errorf("the same twice: %s %s", got[0].body, got[1].body)
	}
	w = newWorld(t, deckNow)
	got = w.overlapping(engine.RoleCoordinator, "/v1/import", [2]string{lines(1, winter), line("reviewer", ames)})
	if got[0].status != http.StatusOK || got[1].problem == nil || got[1].problem.code != engine.StatusKeyReused.String() {
		t.Errorf("another one: %+v %+v", got[0], got[1])
	}
	if _, stored := w.engine.Snapshot().Reviewer("test", "rev-ames"); stored {
		t.Error("an import that was refused is stored")
	}
}

// TestLoadsUnderOneKey: rules that are refused for their key are not in force.
func TestLoadsUnderOneKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	bundles := [2]string{}
	for i, text := range []string{"one", "two"} {
		bundles[i] = strings.Replace(string(w.engine.Snapshot().RulesBundle()), "there is nothing to discuss", text, 1)
	}
	got := w.overlapping(engine.RoleRulesAuthor, "/v1/rules", bundles)
	if got[0].status != http.StatusOK || got[1].problem == nil || got[1].problem.code != engine.StatusKeyReused.String() {
		t.Errorf("answered %+v %+v", got[0], got[1])
	}
	if inForce := string(w.engine.Snapshot().RulesBundle()); !strings.Contains(inForce, "The request is approved: one") {
		t.Error("rules that were refused are in force")
	}
}
