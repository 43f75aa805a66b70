package main

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

var (
	pageWay     = regexp.MustCompile(`(?s)<details class="way">.*?<h3>(.*?)</h3>(.*?)</details>`)
	pageCommand = regexp.MustCompile(`(?s)<code>curl [^<]*?http://[^/]*(/[^ \\&<]*)(?:[^<]*Idempotency-Key: ([a-z0-9-]*))?(?:[^<]*-d &#39;(.*?)&#39;)?[^<]*</code>`)
)

// TestNationalDemo pastes the page's examples of every plan into the national demo, on a Thursday night and on a
// Sunday, when only those are at work whose calls are put through at once.
func TestNationalDemo(t *testing.T) {
	t.Parallel()
	f := func(clock string) {
		p := serve(t, t.TempDir()+"/demo", "--demo", "--sandbox-clock="+clock)
		page := p.must(200, "GET", "/", "", "")
		ways := pageWay.FindAllStringSubmatch(string(page.body), -1)
		var titles []string
		for _, w := range ways {
			titles = append(titles, w[1])
			for _, m := range pageCommand.FindAllStringSubmatch(w[2], -1) {
				path, body := html.UnescapeString(m[1]), html.UnescapeString(m[3])
				switch status, method := 200, "POST"; {
				case body == "":
					p.must(200, "GET", strings.Trim(path, "'"), "", "")
				case m[2] != "":
					status = 201
					fallthrough
				default:
					p.must(status, method, path, m[2], body)
				}
			}
		}
		want := "Asuris: the payer calls back, Claims Eval: the payer calls back, Evolent: put through at once, Evolent: the payer calls back, " +
			"Health New England: a slot is picked, Magellan Healthcare: put through at once, Magellan Healthcare: the payer calls back, " +
			"northern-mutual: a slot is picked"
		if got := strings.Join(titles, ", "); got != want {
			t.Errorf("%s: the page shows %s", clock, got)
		}
	}
	f("2026-11-26T23:30:00-05:00")
	f("2026-11-29T14:10:00-05:00")
}
