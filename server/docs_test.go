package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
)

var references = regexp.MustCompile(`(?i)\s(src|href|action|data|poster|srcset)\s*=\s*["']([^"']*)["']`)

// pageRules are what every page keeps to: nothing is loaded from elsewhere, no script or style stands inline,
// everything that it refers to is there.
func pageRules(t *testing.T, w *world, target string) {
	t.Helper()
	r := w.get(target, "Accept", "text/html").is(http.StatusOK, "")
	html := string(r.body)
	policy := r.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'") && !strings.HasPrefix(policy, "default-src 'self'") || strings.Contains(policy, "http") ||
		regexp.MustCompile(`script-src[^;]*unsafe|default-src[^;]*unsafe|\*`).MatchString(policy) {
		t.Errorf("%s: policy %q", target, policy)
	}
	if got := r.header.Get("Content-Type"); got != "text/html; charset=utf-8" || r.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: content type %q", target, got)
	}
	for _, bad := range []string{`<script>`, `<style`, ` style=`, ` onclick`, ` onload`, `javascript:`, `@import`, `<base`, `<iframe`} {
		if strings.Contains(strings.ToLower(html), bad) {
			t.Errorf("%s holds %s", target, bad)
		}
	}
	if !strings.Contains(html, `lang="en"`) || !strings.Contains(html, `name="viewport"`) || !strings.Contains(html, "<title>") {
		t.Errorf("%s lacks language, viewport or title", target)
	}
	seen := 0
	for _, m := range references.FindAllStringSubmatch(html, -1) {
		ref := m[2]
		if strings.HasPrefix(ref, "#") {
			if !strings.Contains(html, `id="`+ref[1:]+`"`) {
				t.Errorf("%s: nothing has the id of %s", target, ref)
			}
			continue
		}
		if !strings.HasPrefix(ref, "/") || strings.HasPrefix(ref, "//") {
			t.Errorf("%s refers to %s", target, ref)
			continue
		}
		seen++
		w.get(ref).is(http.StatusOK, "")
	}
	if seen < 3 {
		t.Errorf("%s: only %d references were found", target, seen)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	for _, target := range []string{"/", "/docs", "/problems/slot_taken"} {
		pageRules(t, w, target)
	}
}

// The pages' own scripts and styles load nothing from elsewhere either, and Swagger UI sends nothing to a validator.
func TestAssets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	own, swagger := assets()
	if len(own) < 4 || len(swagger) < 4 {
		t.Fatalf("%d own assets, %d of Swagger UI", len(own), len(swagger))
	}
	elsewhere := regexp.MustCompile(`https?://|//[a-z]|@import|url\(`)
	for name, body := range own {
		text := strings.ReplaceAll(string(body), `xmlns="http://www.w3.org/2000/svg"`, "")
		if m := elsewhere.FindString(text); m != "" {
			t.Errorf("%s holds %s", name, m)
		}
		r := w.get("/assets/"+name).is(http.StatusOK, "")
		if !bytes.Equal(r.body, body) || r.header.Get("Content-Type") != mediaTypes[path.Ext(name)] || r.header.Get("Cache-Control") != assetMaxAge {
			t.Errorf("%s: %s", name, r.header)
		}
	}
	if !strings.Contains(string(own["docs.js"]), "validatorUrl: null") {
		t.Error("Swagger UI may ask a validator")
	}
	for name, body := range swagger {
		if r := w.get("/docs/"+name).is(http.StatusOK, ""); !bytes.Equal(r.body, body) {
			t.Errorf("%s differs", name)
		}
	}
	w.get("/assets/none.js").is(http.StatusNotFound, codeNotFound)
	w.get("/docs/embed.go").is(http.StatusNotFound, codeNotFound)
	w.get("/assets/index.html").is(http.StatusNotFound, codeNotFound)
}

func TestServedDocument(t *testing.T) {
	t.Parallel()
	r := newWorld(t, deckNow).get("/openapi.json").is(http.StatusOK, "")
	var doc struct{ OpenAPI string }
	if err := json.Unmarshal(r.body, &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Errorf("%v %v", doc, err)
	}
}
