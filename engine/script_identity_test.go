package engine_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

func init() {
	// tenant ID [name=TEXT] [disabled]
	scriptCommands["tenant"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		id := d.CmdArgs[0].Key
		got := s.submit(t, d, engine.PutTenant{
			Tenant: engine.Tenant{ID: id, Name: textOf(t, d, "name", ""), Disabled: d.HasArg("disabled")}, Expect: expectOf(t, d),
		})
		if kept, ok := s.engine.Snapshot().Tenant(id); ok {
			got += fmt.Sprintf("  tenant %s %q v%d disabled=%v\n", kept.ID, kept.Name, kept.Version, kept.Disabled)
		}
		return got
	}
	// key ID for=PRINCIPAL role=ROLE [reviewer=ID] [npis=(…)] [scopes=(…)] [tenant=ID] [minutes=N], or key ID follows=ID
	scriptCommands["key"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		minutes := 60
		d.MaybeScanArgs(t, "minutes", &minutes)
		id := d.CmdArgs[0].Key
		p := engine.CreateKey{
			Tenant: textOf(t, d, "tenant", ""), ID: id, Hash: sha256.Sum256([]byte(id)), Follows: textOf(t, d, "follows", ""),
			Role: textOf(t, d, "role", ""), Principal: textOf(t, d, "for", ""), ReviewerID: textOf(t, d, "reviewer", ""),
			NPIs: listOf(d, "npis"), Scopes: listOf(d, "scopes"), ExpiresAt: s.engine.Now() + slots.Instant(minutes)*slots.Minute,
		}
		return s.submit(t, d, p) + s.keys(textOf(t, d, "tenant", enginetest.Tenant))
	}
	scriptCommands["revoke"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		tenant := textOf(t, d, "tenant", "")
		got := s.submit(t, d, engine.RevokeKey{Tenant: tenant, ID: d.CmdArgs[0].Key, Expect: expectOf(t, d)})
		return got + s.keys(textOf(t, d, "tenant", enginetest.Tenant))
	}
	scriptCommands["keys"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.keys(textOf(t, d, "tenant", enginetest.Tenant))
	}
}

// keys prints the keys of a tenant.
func (s *script) keys(tenant string) string {
	var b strings.Builder
	snap := s.engine.Snapshot()
	snap.APIKeys(tenant, "", func(k *engine.APIKey) bool {
		fmt.Fprintf(&b, "  key %s v%d of %s, %s", k.ID, k.Version, k.Principal, k.Role)
		for _, more := range [][]string{{k.ReviewerID}, k.NPIs, k.Scopes} {
			if text := strings.Join(more, ","); text != "" {
				b.WriteString(" " + text)
			}
		}
		fmt.Fprintf(&b, " until %s", clockOf(k.ExpiresAt))
		if k.RevokedAt != 0 {
			fmt.Fprintf(&b, ", revoked %s", clockOf(k.RevokedAt))
		}
		if !k.LiveAt(s.engine.Now()) {
			b.WriteString(", ended")
		}
		if found, ok := snap.APIKeyByID(k.ID); !ok || found != k {
			b.WriteString(", not found by its id")
		}
		b.WriteByte('\n')
		return true
	})
	return b.String()
}
