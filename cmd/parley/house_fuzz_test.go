package main_test

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// fuzzed is one fuzz target: what it throws bytes at, and the functions that read bytes from outside under it.
type fuzzed struct {
	subject, dir, target string
	readers              string // separated by spaces
}

// fuzzTargets are all there are. What waits for a feature comes with the feature: backups their reader, webhooks their addresses.
var fuzzTargets = []fuzzed{
	{"RFC 3339", "slots", "FuzzParseInstant", "ParseInstant parseOffset"},
	{"dates", "slots", "FuzzParseDate", "ParseDate"},
	{"clock times", "slots", "FuzzParseClockTime", "ParseClockTime"},
	{"weekdays", "slots", "FuzzParseWeekday", "ParseWeekday"},
	{"zone names", "slots", "FuzzLoadZone", "LoadZone"},
	{"zone and local time, against a twin", "slots", "FuzzLocal", ""},
	{"availability, against a twin", "slots", "FuzzExpand", ""},
	{"index of intervals, against a twin", "slots", "FuzzCalendar", ""},
	{"bundles of rules", "matcher", "FuzzCompileRules", "CompileRules decodeStrict decodeRows"},
	{"scripts of rules", "matcher/rulescript", "FuzzRun", "parse parseCommand parseValues"},
	{"entries: commands and effects", "engine", "FuzzDecodeEntry", "decodeEntry decoder"},
	{"checkpoints", "engine", "FuzzDecodeCheckpoint", "readState"},
	{"records of the access journal", "engine", "FuzzDecodeAccess", "DecodeAccess"},
	{"audit records", "engine", "FuzzDecodeAudit", "DecodeAudit"},
	{"offer records", "engine", "FuzzDecodeOffer", "DecodeOffer"},
	{"sequences of operations, against a model", "engine", "FuzzOperations", ""},
	{"identity file", "persist", "FuzzIdentity", "decodeIdentity"},
	{"identity file of an encrypted store", "persist", "FuzzWrappedIdentity", "decodeWrapped"},
	{"sealed answers", "engine", "FuzzSealedAnswer", "readAnswer"},
	{"files of data keys", "cmd/parley", "FuzzDataKeys", "parseDataKeys parseSecret"},
	{"traceparent headers", "cmd/parley/otlp", "FuzzTraceparent", "parseTraceparent"},
	{"watermark", "persist", "FuzzWatermark", "decodeWatermark"},
	{"log record", "persist", "FuzzRecord", "decodeRecord"},
	{"binding", "persist", "FuzzBinding", "decodeBinding"},
	{"pointer to the checkpoint", "persist", "FuzzPointer", "decodePointer"},
	{"chunk of a checkpoint", "persist", "FuzzChunk", "decodeChunk"},
	{"keys", "persist", "FuzzKeys", "parseLogKey parseChunkKey parseJournalKey"},
	{"manifest of a backup", "persist", "FuzzManifest", "decodeManifest"},
	{"store with damaged bytes", "persist", "FuzzLog", ""},
	{"bytes to the whole server", "server", "FuzzRequest", ""},
	{"header section", "server", "FuzzHead", "readFields"},
	{"header values", "server", "FuzzHeaderValues", "readIfMatch splitHost"},
	{"target", "server", "FuzzTarget", "splitTarget"},
	{"router, against a twin", "server", "FuzzRouter", ""},
	{"query", "server", "FuzzQuery", "readQuery unescape"},
	{"query parameters of all lists", "server", "FuzzQueries", ""},
	{"cursor", "server", "FuzzCursor", "readCursor cursorIn"},
	{"JSON, against encoding/json", "server", "FuzzDecode", "decode scan"},
	{"JSON, the fast reader against the slow one", "server", "FuzzReader", "read"},
	{"JSON, its canonical form against the library's", "server", "FuzzCanonical", "canonical"},
	{"bodies of all routes", "server", "FuzzBodies", "readBundle"},
	{"single values", "server", "FuzzResolve", ""},
	{"tokens", "server", "FuzzTokens", "readPart"},
	{"key sets of tokens", "server", "FuzzKeySet", "readKeySet readJWK"},
	{"exported audit trails", "server", "FuzzVerifyAudit", "parseLine readLine"},
	{"fingerprints of idempotency", "server", "FuzzFingerprint", "fingerprint"},
	{"bodies that are ranked before they are parsed", "server", "FuzzHeldBooking", "heldBooking"},
	{"credentials", "server", "FuzzCredential", "tokenIn keyIDIn keyShownIn"},
	{"addresses that a proxy says", "server", "FuzzOrigin", "origin"},
	{"heads of the access journal in answers", "cmd/parley", "FuzzAuditHead", "headIn"},
}

// notFuzzed are functions with the name of a reader, and why they need no target.
var notFuzzed = map[string]string{
	"bench/report parseBench":   "figures that go test printed on this machine",
	"bench/report readMetrics":  "figures that a report of ours holds",
	"bench/report Read":         "a report that the load suite wrote",
	"bench/report ReadDir":      "reports that the load suite wrote",
	"cmd/parley readHeads":      "heads that whoever starts the program has kept",
	"cmd/parley parseHeaders":   "headers that whoever starts the program has written",
	"cmd/parley readKeyFile":    "a secret of whoever starts the program; it is sent as it is",
	"server readBounded":        "takes so many bytes; what is in them goes to readKeySet",
	"matcher readRuleFiles":     "joins files of a folder; what is in them goes to CompileRules",
	"persist DecodeRecord":      "decodeRecord for other logs",
	"persist DecodeWatermark":   "decodeWatermark for other logs",
	"persist DecodeChunk":       "decodeChunk for other logs",
	"persist DecodePointer":     "decodePointer for other logs",
	"persist/simlog decode":     "chunks on a simulated disk, each read by decodeChunk",
	"persist readFile":          "takes a file as a whole; what is in it goes to the decoders",
	"server missingIn":          "the place of a body that was read",
	"matcher licensedIn":        "a name of an index, of what was read",
	"matcher specializedIn":     "the same",
	"server readFiles":          "files that are part of the program",
	"cmd/parley readSecretFile": "takes a file as a whole; what is in it goes to parseDataKeys",
	"cmd/parley readKeysOf":     "the same",
}

// readerName is how functions that read bytes are called: by a verb, or by what they look for in them.
var readerName = regexp.MustCompile(`^(([pP]arse|[dD]ecode|[uU]nescape|[rR]ead|[sS]plit|[sS]can|Compile)([A-Z]\w*)?|LoadZone|fingerprint|decoder|heldBooking|origin|[a-z]\w*In)$`)

func fuzzRules() []rule {
	const target = "package slots\nimport \"testing\"\nfunc FuzzParseDate(f *testing.F) {}\n"
	return []rule{{
		name:  "fuzzed",
		why:   "what reads bytes from outside must stand any bytes; each such function is under a fuzz target, and each target has a corpus in the repository",
		check: checkFuzzed,
		plants: []plant{
			{map[string]string{"bench/a.go": "package bench\nfunc parseRate(s string) (int, error) { return 0, nil }\n"}, "parseRate reads bytes and has no fuzz target"},
			{map[string]string{"bench/a.go": "package bench\nfunc (t *T) Decode(b []byte) error { return nil }\n"}, "Decode reads bytes and has no fuzz target"},
			{map[string]string{"bench/a.go": "package bench\nfunc wordIn(b []byte) string { return string(b) }\n"}, "wordIn reads bytes and has no fuzz target"},
			{map[string]string{"slots/a.go": "package slots\n"}, "there is no FuzzParseDate"},
			{map[string]string{"slots/a.go": "package slots\n", "slots/a_test.go": target}, "FuzzParseDate has no corpus"},
			{map[string]string{"bench/a_test.go": strings.ReplaceAll(target, "slots", "bench")}, "FuzzParseDate is not in the list"},
			{map[string]string{"bench/a.go": "package bench\nfunc parseRate(n int) int { return n }\nfunc readAll(s string) {}\nfunc spread(s string) string { return s }\n",
				"bench/a_test.go": "package bench\nfunc parseRate(s string) int { return 0 }\n"}, ""},
		},
	}}
}

func checkFuzzed(m *module) (found []finding) {
	targets, corpora := map[string]bool{}, map[string]bool{}
	dirs, under := map[string]string{}, map[string]bool{}
	for _, f := range m.files {
		if at := strings.Index(f.path, "/testdata/fuzz/"); at >= 0 {
			corpora[f.path[:at]+" "+path.Base(path.Dir(f.path))] = true
		}
		if f.goCode() && !f.test() {
			dirs[f.dir()] = f.path
		}
	}
	for _, t := range fuzzTargets {
		targets[t.dir+" "+t.target] = true
		for _, name := range strings.Fields(t.readers) {
			under[t.dir+" "+name] = true
		}
	}
	have := map[string]bool{}
	for _, f := range m.files {
		if !f.goCode() || f.rival() || f.support() {
			continue
		}
		for _, decl := range f.ast.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := f.dir() + " " + d.Name.Name
			switch {
			case f.test() && strings.HasPrefix(d.Name.Name, "Fuzz") && d.Recv == nil:
				have[name] = true
				if !targets[name] {
					found = append(found, m.at(f, d, "%s is not in the list of fuzz targets", d.Name.Name))
				}
				if !corpora[name] {
					found = append(found, m.at(f, d, "%s has no corpus in testdata/fuzz", d.Name.Name))
				}
			case !f.test() && readsBytes(d) && !under[name] && notFuzzed[name] == "":
				found = append(found, m.at(f, d, "%s reads bytes and has no fuzz target", d.Name.Name))
			}
		}
	}
	for _, t := range fuzzTargets {
		if first := dirs[t.dir]; first != "" && !have[t.dir+" "+t.target] {
			found = append(found, finding{first, 1, fmt.Sprintf("there is no %s for %s", t.target, t.subject)})
		}
	}
	return found
}

// readsBytes tells whether a function has the name of a reader, takes bytes and gives something.
func readsBytes(d *ast.FuncDecl) bool {
	if !readerName.MatchString(d.Name.Name) || d.Type.Results == nil || len(d.Type.Results.List) == 0 {
		return false
	}
	if d.Recv != nil && d.Name.Name == "Read" { // fills bytes, as an io.Reader does, or walks a log
		return false
	}
	return slices.ContainsFunc(d.Type.Params.List, func(p *ast.Field) bool {
		switch t := p.Type.(type) {
		case *ast.Ident:
			return t.Name == "string"
		case *ast.ArrayType:
			elem, ok := t.Elt.(*ast.Ident)
			return ok && elem.Name == "byte"
		case *ast.SelectorExpr:
			x, ok := t.X.(*ast.Ident)
			return ok && slices.Contains([]string{"io.Reader", "bufio.Reader", "jsontext.Value", "fs.FS"}, x.Name+"."+t.Sel.Name)
		}
		return false
	})
}
