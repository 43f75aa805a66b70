package server

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// demoWorld is the deck's store, shown as a demo.
func demoWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, deckNow)
	w.seed(ames, brook, winter, summer)
	w.server.demo = &Demo{TimeZone: "US/Eastern", Cases: []DemoCase{{"gone", "1990-01-01"}, {"1004567", "1982-06-28"}, {"1004568", "1975-01-31"}}}
	return w
}

var commandText = regexp.MustCompile(`(?s)<code>(.*?)</code>`)

// commands are the examples of the landing page, as a person would paste them.
func (w *world) commands() []string {
	w.t.Helper()
	r := w.get("/").is(http.StatusOK, "")
	var out []string
	for _, m := range commandText.FindAllStringSubmatch(string(r.body), -1) {
		if text := html.UnescapeString(m[1]); strings.Contains(text, "curl ") {
			out = append(out, text)
		}
	}
	return out
}

var (
	curlURL    = regexp.MustCompile(`'?http://localhost(/[^\s']*)`)
	curlHeader = regexp.MustCompile(`-H '([^:]+): ([^']*)'`)
	curlBody   = regexp.MustCompile(`(?s)-d '([^']*)'`)
)

// paste does what a shell and curl would do with the last line of an example.
func (w *world) paste(command string) reply {
	w.t.Helper()
	lines := strings.Split(strings.ReplaceAll(command, "\\\n", " "), "\n")
	last := lines[len(lines)-1]
	if len(lines) > 1 { // ID=$(curl … | grep …)
		found := regexp.MustCompile(`"(apt-[^"]*)"`).FindSubmatch(w.get(curlURL.FindStringSubmatch(lines[0])[1]).is(http.StatusOK, "").body)
		last = strings.ReplaceAll(last, "$ID", string(found[1]))
	}
	var headers []string
	for _, m := range curlHeader.FindAllStringSubmatch(last, -1) {
		headers = append(headers, m[1], m[2])
	}
	target := curlURL.FindStringSubmatch(last)[1]
	if body := curlBody.FindStringSubmatch(last); body != nil {
		return w.do("POST", target, body[1], headers...)
	}
	return w.get(target, headers...)
}

// The examples work when they are pasted in order, also twice, and the next view of the page shows another case.
func TestExamplesWork(t *testing.T) {
	t.Parallel()
	w := demoWorld(t)
	list := w.commands()
	if len(list) != 10 { // seven of the main job, three of the way of the other case
		t.Fatalf("%d examples", len(list))
	}
	for i, status := range []int{200, 200, 200, 201, 201, 200} {
		if r := w.paste(list[i]).is(status, ""); strings.Contains(list[i], "1004568") || i == 5 && !strings.Contains(string(r.body), "1004567") {
			t.Errorf("example %d: %s", i, r.body)
		}
	}
	if r := w.paste(list[4]).is(http.StatusCreated, ""); r.header.Get("Idempotent-Replayed") != "true" {
		t.Error("the second booking was not the first answer again")
	}
	next := w.commands()
	if len(next) != 7 || !strings.Contains(next[0], "1004568") || !strings.Contains(next[0], "1975-01-31") {
		t.Errorf("after a booking: %q", next)
	}
	if r := w.paste(list[6]).is(http.StatusOK, ""); r.text("status") != "cancelled" {
		t.Errorf("cancelled: %s", r.body)
	}
	if first := w.commands()[0]; !strings.Contains(first, "1004567") {
		t.Errorf("after the cancellation: %s", first)
	}
}

// The page shows no example where there is nothing to show, and personal data for demo stores only.
func TestPageWithoutExamples(t *testing.T) {
	t.Parallel()
	w := demoWorld(t)
	f := func(demo *Demo, want string) {
		t.Helper()
		w.server.demo = demo
		body := string(w.get("/").is(http.StatusOK, "").body)
		if strings.Contains(body, "curl") || strings.Contains(body, "1982-06-28") || !strings.Contains(body, want) {
			t.Errorf("%s", body)
		}
	}
	f(nil, "demo stores only")
	f(&Demo{TimeZone: "Nowhere", Cases: []DemoCase{{"1004567", "1982-06-28"}}}, "time zone is not known")
	f(&Demo{TimeZone: "US/Eastern"}, "can be booked any more")
}

func TestPageTellsStatus(t *testing.T) {
	t.Parallel()
	w := demoWorld(t)
	body := string(w.get("/").is(http.StatusOK, "").body)
	for _, want := range []string{"ready", "sandbox", "2020-05-15T13:00:00Z", "<dt>Reviewers</dt><dd>2</dd>", "<dt>Cases</dt><dd>2</dd>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	w.store.PoisonNext(false)
	w.put("/v1/reviewers/rev-ames", ames.with("/name", "A").String()).is(http.StatusServiceUnavailable, "")
	if body := string(w.get("/").is(http.StatusOK, "").body); !strings.Contains(body, "not ready") {
		t.Error("the page calls a poisoned store ready")
	}
}
