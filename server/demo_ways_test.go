package server

import (
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// waysWorld is a demo with a case of every plan's way.
func waysWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, deckNow)
	programs := []string{"msk-spine-surgery", "ipm"}
	w.seed(ames.with("/programs", programs))
	for _, id := range []string{"rev-brook", "rev-cole", "rev-drake"} { // enough that nobody waits
		w.seed(brook.with("/id", id, "/programs", programs))
	}
	w.server.demo = &Demo{TimeZone: "US/Eastern"}
	for _, plan := range []string{"hne", "evolent", "magellan", "claims-eval", "asuris", "northern-mutual"} {
		for _, program := range programs {
			for _, n := range []string{"1", "2"} {
				id := plan + "-" + program + "-" + n
				w.seed(winter.with("/id", id, "/healthPlan", plan, "/program", program, "/authorizationNumber", nil, "/lineOfBusiness", "self_funded"))
				w.server.demo.Cases = append(w.server.demo.Cases, DemoCase{id, "1982-06-28"})
			}
		}
	}
	return w
}

var wayText = regexp.MustCompile(`(?s)<details class="way">.*?<h3>(.*?)</h3>(.*?)</details>`)

// ways are the page's ways: the title, then the commands.
func (w *world) ways() (out [][]string) {
	w.t.Helper()
	for _, m := range wayText.FindAllStringSubmatch(string(w.get("/").is(http.StatusOK, "").body), -1) {
		list := []string{html.UnescapeString(m[1])}
		for _, c := range commandText.FindAllStringSubmatch(m[2], -1) {
			list = append(list, html.UnescapeString(c[1]))
		}
		out = append(out, list)
	}
	return out
}

// Every way of every plan is there, and each of its requests works when it is pasted, whatever was pasted before.
func TestEveryWayWorks(t *testing.T) {
	t.Parallel()
	w := waysWorld(t)
	want := map[string]int{ // title → status of the last request
		"Asuris: the payer calls back": 201, "Claims Eval: the payer calls back": 201, "Evolent: put through at once": 201,
		"Evolent: the payer calls back": 201, "Health New England: a slot is picked": 200,
		"Magellan Healthcare: put through at once": 201, "northern-mutual: a slot is picked": 200,
	}
	first := w.ways()
	if len(first) != len(want) {
		t.Fatalf("%d ways: %q", len(first), first)
	}
	for _, way := range first {
		status, known := want[way[0]]
		if !known || len(way) != 4 {
			t.Errorf("%q", way)
			continue
		}
		w.paste(way[1]).is(200, "")
		w.paste(way[2]).is(200, "")
		r := w.paste(way[3]).is(status, "")
		if strings.Contains(way[3], "callback-requests") && r.text("status") != "assigned" {
			t.Errorf("%s: %s", way[0], r.body)
		}
		if windows := strings.Contains(way[3], `"windows"`); windows != (strings.Contains(way[3], "callback-requests") && !strings.HasPrefix(way[0], "Claims")) {
			t.Errorf("%s: %s", way[0], way[3])
		}
	}
	for _, way := range w.ways() {
		if slices.ContainsFunc(first, func(f []string) bool { return want[f[0]] == 201 && f[1] == way[1] }) {
			t.Errorf("the case of %s is offered again: %s", way[0], way[1])
		}
	}
}

// The page's links into the documentation lead to operations that the document holds under that tag.
func TestPageLinksToOperations(t *testing.T) {
	t.Parallel()
	body := string(waysWorld(t).get("/").is(http.StatusOK, "").body)
	ops := operations(t)
	links := regexp.MustCompile(`href="/docs#/([^/"]+)/([^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(links) < 10 {
		t.Fatalf("%d links in %s", len(links), body)
	}
	for _, m := range links {
		if op, ok := ops[m[2]]; !ok || !slices.Contains(op.Tags, m[1]) {
			t.Errorf("%s leads nowhere", m[0])
		}
	}
}
