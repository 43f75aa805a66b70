package server

import (
	"strings"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// verdict runs one check and says how it went: ok, 400 or 422.
func verdict(run func(*check)) string {
	var k check
	run(&k)
	switch {
	case len(k.unreadable.list) > 0:
		return "400"
	case len(k.invalid.list) > 0:
		return "422"
	}
	return "ok"
}

func TestForms(t *testing.T) {
	t.Parallel()
	forms := map[string]func(*check, string){
		"id":       func(k *check, s string) { k.id("", s) },
		"code":     func(k *check, s string) { k.code("", s) },
		"visible":  func(k *check, s string) { k.visible("", s) },
		"text":     func(k *check, s string) { k.text("", s, 10) },
		"npi":      func(k *check, s string) { k.npi("", s) },
		"taxonomy": func(k *check, s string) { k.taxonomy("", s) },
		"phone":    func(k *check, s string) { k.phone("", s) },
		"ext":      func(k *check, s string) { k.extension("", s) },
		"email":    func(k *check, s string) { k.email("", s) },
		"service":  func(k *check, s string) { k.serviceCode("", s) },
		"state":    func(k *check, s string) { k.state("", s) },
		"instant":  func(k *check, s string) { k.instant("", s) },
		"date":     func(k *check, s string) { k.date("", s) },
		"modern":   func(k *check, s string) { k.modernDate("", s) },
		"zone":     func(k *check, s string) { k.zone("", s) },
		"span":     func(k *check, s string) { a, b, _ := strings.Cut(s, "-"); k.span("", a, b) },
	}
	f := func(form, want string, values ...string) {
		t.Helper()
		for _, v := range values {
			if got := verdict(func(k *check) { forms[form](k, v) }); got != want {
				t.Errorf("%s %q: %s, want %s", form, v, got, want)
			}
		}
	}
	f("id", "ok", "a", "A.b_c-9", strings.Repeat("x", 64))
	f("id", "400", "", " ", "a b", "a:b", "a/b", "ä", "a\x00b", "\u202ea", strings.Repeat("x", 65))
	f("code", "ok", "msk-spine-surgery")
	f("code", "422", "", "a b", "ä")
	f("visible", "ok", "A/1#2")
	f("visible", "422", "", "a b", "ä", "a\n", strings.Repeat("x", 65))
	f("text", "ok", "a", "Zoë O'Hara", strings.Repeat("ä", 10), "=cmd()", "${jndi:}")
	f("text", "422", "", "   ", strings.Repeat("ä", 11), "a\nb", "a\x1b[1m", "a\u0085", "a\u2028b", "\u202eabc", "\ufeffa")
	f("npi", "ok", "1234567893", "1245319599")
	f("npi", "422", "", "1234567890", "123456789", "12345678930", "9234567893", "12345678 3", "١٢٣٤٥٦٧٨٩٣")
	f("taxonomy", "ok", "207XS0117X", "0000000000"[:9]+"X")
	f("taxonomy", "422", "", "207XS0117", "207XS01170", "207xs0117x", "207XS0117XX", "207X-0117X")
	f("phone", "ok", "+12125550100", "+4930901820", "+1234567")
	f("phone", "422", "", "2125550100", "+02125550100", "+1 212 555 0100", "+123456", "+1234567890123456", "+")
	f("ext", "ok", "1", "12345", "0000000001")
	f("ext", "422", "", "1a", "12345678901", "#1")
	f("email", "ok", "droffice@example.com", "a.b+c@x-y.example.org", "ü@example.com")
	f("email", "422", "", "a", "a@b", "@example.com", "a@", "a@@b.c", "a b@example.com", "a@-x.com", "a..b@x.com",
		"a@x..com", "<a@x.com>", "a@x.com\n", strings.Repeat("a", 65)+"@x.com", "a@"+strings.Repeat("b.", 130)+"com")
	f("service", "ok", "22551", "J0178", "0006-3026-02")
	f("service", "422", "", "22 551", strings.Repeat("1", 17))
	f("state", "ok", "TX", "DC", "PR")
	f("state", "422", "", "tx", "XX", "Texas")
	f("instant", "ok", "2020-05-18T18:30:00-04:00", "2020-05-18T22:30:00Z", "2200-12-30T23:59:59Z")
	f("instant", "422", "2020-05-18T18:30:00.5Z", "2020-05-18T18:30:00.000Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
		"9999-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "2200-12-31T23:00:00-05:00")
	f("instant", "400", "", "2020-05-18", "2020-05-18T18:30:00", "2020-05-18 18:30:00Z", "2020-05-18t18:30:00z",
		"2020-05-18T18:30Z", "2020-02-30T00:00:00Z", "2020-05-18T24:00:00Z", "2020-05-18T23:59:60Z", "2020-13-01T00:00:00Z",
		"2020-05-18T18:30:00+24:00", "2020-05-18T18:30:00-99:99", "2020-05-18T0:00:00Z", "2020-05-18T18:30:00,5Z", "1589840000")
	f("date", "ok", "1982-06-28", "2024-02-29", "1900-01-01")
	f("date", "422", "2025-02-29", "9999-01-01", "1899-12-31")
	f("date", "400", "", "2026-02-30", "03/08/2026", "2026-W10-1", "2026-3-8", "20260308")
	f("modern", "422", "1970-01-01", "1969-12-31", "2025-02-29")
	f("zone", "ok", "US/Eastern", "America/Argentina/Buenos_Aires", "UTC")
	f("zone", "422", "", "Local", "EST", "GMT+5", "Etc/GMT+5", "right/UTC", "posix/America/New_York", "Factory", "america/new_york")
	f("zone", "400", "../../etc/passwd", "a\x00", "US Eastern", strings.Repeat("a", 65))
	f("span", "ok", "08:00-12:00", "00:00-24:00")
	f("span", "422", "22:00-02:00", "08:00-08:00", "24:00-24:00")
	f("span", "400", "8:00-12:00", "08:00-24:01", "x-y", "08:00:00-09:00")
}

func TestWeekdaysAndHours(t *testing.T) {
	t.Parallel()
	f := func(want string, run func(*check)) {
		t.Helper()
		if got := verdict(run); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("ok", func(k *check) { k.weekdays("", []string{"mon", "sun"}) })
	f("422", func(k *check) { k.weekdays("", nil) })
	f("422", func(k *check) { k.weekdays("", []string{"mon", "mon"}) })
	f("422", func(k *check) { k.weekdays("", []string{"Mon"}) })
	f("422", func(k *check) { k.weekdays("", strings.Split("mon,tue,wed,thu,fri,sat,sun,mon", ",")) })
	f("ok", func(k *check) { k.hours("", []int{0, 23}) })
	f("422", func(k *check) { k.hours("", []int{}) })
	f("422", func(k *check) { k.hours("", []int{24}) })
	f("422", func(k *check) { k.hours("", []int{-1}) })
	f("422", func(k *check) { k.hours("", []int{7, 7}) })
	var k check
	if got := k.hours("", []int{7, 18}); got != 1<<7|1<<18 {
		t.Errorf("hours = %b", got)
	}
	if got := k.weekdays("", []string{"sun", "mon"}); got != slots.Weekdays(0).With(0).With(6) {
		t.Errorf("weekdays = %b", got)
	}
}

func TestLastWord(t *testing.T) {
	t.Parallel()
	f := func(name, want string) {
		t.Helper()
		if got := lastWord(name); got != want {
			t.Errorf("lastWord(%q) = %q, want %q", name, got, want)
		}
	}
	f("Jordan Winter", "Winter")
	f("Winter", "Winter")
	f("  Jan  van der Berg ", "Berg")
	f("Jordan Winter, Jr.", "Winter")
	f("Jordan Winter III", "Winter")
	f("Garcia Lopez, Maria", "Lopez")
	f("Jr.", "Jr.")
	f("", "")
}

// TestFaultsAreBounded keeps an answer small, whatever was sent.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	var k check
	for range 10 * maxFaults {
		k.wrong("/x", "is wrong")
		k.unclear("/y", "is unclear")
	}
	if n := len(k.problem().errors); n != maxFaults {
		t.Errorf("%d errors, want %d", n, maxFaults)
	}
}

func TestLastNameEndsTheStoredName(t *testing.T) {
	t.Parallel()
	f := func(lastName, name string, want bool) {
		t.Helper()
		if got := isLastNameOf(lastName, name); got != want {
			t.Errorf("isLastNameOf(%q, %q) = %v, want %v", lastName, name, got, want)
		}
	}
	f("Winter", "Jordan Winter", true)
	f("WINTER jr.", "Jordan Winter, Jr.", true)
	f("Lopez", "Maria Garcia Lopez", true)
	f("Garcia Lopez", "Maria Garcia Lopez", true)
	f("Garcia Lopez", "Garcia Lopez, Maria", true)
	f("Totally Wrong Lopez", "Maria Garcia Lopez", false)
	f("Garcia", "Maria Garcia Lopez", false)
	f("Maria", "Garcia Lopez, Maria", false)
	f("", "Jordan Winter", false)
}
