package server

import (
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/swaggest/swgui/v5/static"
)

//go:embed web
var web embed.FS

// Content-Security-Policies. Pages load from this server only and run no inline script; Swagger UI draws with
// inline styles and images in its style sheet.
const (
	policyPage = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	policyDocs = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// assetMaxAge lets browsers keep assets for some minutes only: their names do not change with the program.
const assetMaxAge = "public, max-age=300"

var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".png": "image/png", ".svg": "image/svg+xml",
	".html": "text/html; charset=utf-8",
}

func htmlPage(body []byte, policy string) answer {
	return answer{status: http.StatusOK, body: body, contentType: mediaTypes[".html"], headers: [][2]string{
		{"Content-Security-Policy", policy}, {"Referrer-Policy", "no-referrer"}, {"Cross-Origin-Opener-Policy", "same-origin"}}}
}

// assets are the files that pages load, by name.
var assets = sync.OnceValues(func() (map[string][]byte, map[string][]byte) {
	return readFiles(web, "web/assets"), readFiles(static.FS, ".")
})

// readFiles reads the files of a directory that have a known media type, unpacked if they end in .gz.
func readFiles(from fs.FS, dir string) map[string][]byte {
	out := map[string][]byte{}
	entries, err := fs.ReadDir(from, dir)
	mustRead(err)
	for _, e := range entries {
		name, packed := strings.CutSuffix(e.Name(), ".gz")
		if mediaTypes[path.Ext(name)] == "" || e.IsDir() {
			continue
		}
		f, err := from.Open(path.Join(dir, e.Name()))
		mustRead(err)
		var r io.Reader = f
		if packed {
			r, err = gzip.NewReader(f)
			mustRead(err)
		}
		out[name], err = io.ReadAll(r)
		mustRead(err)
		mustRead(f.Close())
	}
	return out
}

// mustRead: embedded files are part of the program.
func mustRead(err error) {
	if err != nil {
		panic("server: embedded file: " + err.Error())
	}
}

func (c *call) asset(files map[string][]byte, name string) answer {
	body, ok := files[name]
	if !ok {
		return refuse(&problem{code: codeNotFound})
	}
	return c.file(answer{status: http.StatusOK, body: body, contentType: mediaTypes[path.Ext(name)],
		headers: [][2]string{{"Cache-Control", assetMaxAge}}})
}

// getAsset serves what the pages of this server load.
func getAsset(c *call) answer {
	own, _ := assets()
	return c.asset(own, c.id)
}

// getDocsAsset serves the files of Swagger UI.
func getDocsAsset(c *call) answer {
	_, swagger := assets()
	return c.asset(swagger, c.id)
}

var docsPage = sync.OnceValue(func() []byte {
	b, err := web.ReadFile("web/docs.html")
	mustRead(err)
	return b
})

// getDocs shows the contract with Swagger UI.
func getDocs(c *call) answer { return c.file(htmlPage(docsPage(), policyDocs)) }
