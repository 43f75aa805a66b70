package server

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// BenchmarkDecode reads the bodies of a booking, of a search and of a case, with decode and with the reader of hot routes.
func BenchmarkDecode(b *testing.B) {
	booking, submitted := []byte(deckBooking.String()), []byte(winter.String())
	b.Run("booking", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in bookingIn
			if p := decode(booking, &in); p != nil {
				b.Fatal(p.code)
			}
		}
	})
	b.Run("read booking", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in bookingIn
			if p := read(booking, &in); p != nil {
				b.Fatal(p.code)
			}
		}
	})
	b.Run("fingerprint booking", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fingerprint(&route{name: "createAppointment"}, "", booking)
		}
	})
	search := []byte(deckSearch.String())
	b.Run("search", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in weekIn
			if p := decode(search, &in); p != nil {
				b.Fatal(p.code)
			}
		}
	})
	b.Run("read search", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in weekIn
			if p := read(search, &in); p != nil {
				b.Fatal(p.code)
			}
		}
	})
	b.Run("case", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in caseIn
			if p := decode(submitted, &in); p != nil {
				b.Fatal(p.code)
			}
		}
	})
}

// BenchmarkAdmit is the front filter's part of a booking.
func BenchmarkAdmit(b *testing.B) {
	h := newHarness(b, routes())
	peer := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	var request fasthttp.RequestHeader
	text := head("POST /v1/appointments HTTP/1.1", "Content-Type: application/json", "Content-Length: 700", "Idempotency-Key: k", "User-Agent: bench", "Accept: */*")
	if err := request.Read(bufio.NewReader(strings.NewReader(text))); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, no := h.server.admit(&request, peer, false); no != nil {
			b.Fatal(no.problem.code)
		}
	}
}
