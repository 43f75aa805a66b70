package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// FuzzAuditHead: a head that is read from a server's answer, whatever that holds, is the same when it is written again; and one that a server writes is read.
func FuzzAuditHead(f *testing.F) {
	chain := strings.Repeat("0f", len(engine.Hash{}))
	f.Add("7 "+chain, []byte(`{"tenant":"test"}`+"\n"+`{"tenant":"other"}`))
	f.Add("18446744073709551615\t"+chain, []byte(`{"extension":[{"url":"urn:parley:audit:tenant","valueString":"test"}]}`))
	f.Add("7 0f", []byte("{}"))
	f.Add("-1 "+chain, []byte("null"))
	f.Add("", []byte("{"))
	f.Fuzz(func(t *testing.T, value string, page []byte) {
		of := func(value string) http.Header { return http.Header{"Audit-Head": {value}} }
		head, err := headIn(page, of(value))
		if err != nil {
			if head, err := headIn([]byte(`{"tenant":"test"}`), of("7 "+chain)); err != nil || head.N != 7 || head.Tenant != "test" || fmt.Sprintf("%x", head.Chain) != chain {
				t.Fatalf("a server's own head is %+v, %v", head, err)
			}
			return
		}
		if again, err := headIn(page, of(fmt.Sprintf("%d %x", head.N, head.Chain))); err != nil || again != head {
			t.Fatalf("%q with %q is %+v, and again %+v, %v", value, page, head, again, err)
		}
	})
}
