package engine

import "testing"

// rewritten fails unless what read takes is written back as it was.
func rewritten(t *testing.T, value []byte, read func(c *codec), again func(c *codec)) {
	t.Helper()
	in := decoder(string(value))
	read(in)
	if in.end() != nil {
		return
	}
	out := encoder(nil)
	if again(out); out.err != nil || string(out.out) != string(value) {
		t.Fatalf("read %x, wrote %x, %v", value, out.out, out.err)
	}
}

func FuzzDecodeAudit(f *testing.F) {
	for kind := Kind(1); kind < kindEnd; kind++ {
		r := sampleEntry(counting(), kind).auditRecord()
		c := encoder(nil)
		c.audit(&r)
		f.Add(c.out)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		r, err := DecodeAudit(value)
		rewritten(t, value, func(c *codec) { c.audit(new(AuditRecord)) }, func(c *codec) {
			if c.audit(&r); err != nil {
				t.Fatalf("%x: %v", value, err)
			}
		})
	})
}

func FuzzDecodeOffer(f *testing.F) {
	r := sampleOffer(counting())
	c := encoder(nil)
	c.offerRecord(&r)
	f.Add(c.out)
	f.Fuzz(func(t *testing.T, value []byte) {
		r, err := DecodeOffer(value)
		rewritten(t, value, func(c *codec) { c.offerRecord(new(OfferRecord)) }, func(c *codec) {
			if c.offerRecord(&r); err != nil {
				t.Fatalf("%x: %v", value, err)
			}
		})
	})
}
