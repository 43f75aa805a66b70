package matcher

// Why returns the first of the reasons that an explanation would give for an
// answer without offers, and false if something can be booked as asked. Unlike an
// explanation it tries no changes.
func (p *Plan) Why() (Because, bool) {
	if p.any(p.window, asAsked) {
		return Because{}, false
	}
	w := p.source.waived(p)
	if all := p.because(&w); len(all) > 0 {
		return all[0], true
	}
	return Because{}, false
}
