package nginxconf

// Directive is a directive with its block, if it has one.
type Directive struct {
	// Words are its name and its parameters; there is at least one.
	Words []Token
	// Start and End are where it is, with its ; or its block.
	Start, End int
	// Block says that it has a block, Open and Close where the braces of that are.
	Block       bool
	Open, Close int
	// Children are the directives in the block. That of Lua has none.
	Children []*Directive
}

// Name returns the first word.
func (d *Directive) Name() string { return d.Words[0].Text }

// MaxDepth is how deep blocks may be in each other.
const MaxDepth = 50

// Parse returns the directives of a file. The error is an [*Error].
func Parse(text string) ([]*Directive, error) {
	tokens, err := Tokens(text)
	if err != nil {
		return nil, err
	}
	var p parser
	for _, t := range tokens {
		if err := p.token(t); err != nil {
			return nil, err
		}
	}
	switch {
	case len(p.words) > 0:
		return nil, &Error{p.words[0].Start, "a directive is not ended by ; or a block"}
	case len(p.open) > 0:
		return nil, &Error{p.open[len(p.open)-1].Open, "a block is not ended"}
	}
	return p.top, nil
}

type parser struct {
	words []Token
	top   []*Directive
	open  []*Directive
}

func (p *parser) token(t Token) error {
	switch t.Kind {
	case Word:
		p.words = append(p.words, t)
	case End, Open:
		if len(p.words) == 0 {
			return &Error{t.Start, "there is no directive before " + t.Text}
		}
		d := &Directive{Words: p.words, Start: p.words[0].Start, End: t.End}
		p.words = nil
		p.add(d)
		if t.Kind == Open {
			if len(p.open) == MaxDepth {
				return &Error{t.Start, "blocks are too deep in each other"}
			}
			d.Block, d.Open = true, t.Start
			p.open = append(p.open, d)
		}
	case Close:
		if len(p.words) > 0 {
			return &Error{p.words[0].Start, "a directive is not ended by ;"}
		}
		if len(p.open) == 0 {
			return &Error{t.Start, "a } is too much"}
		}
		d := p.open[len(p.open)-1]
		d.Close, d.End = t.Start, t.End
		p.open = p.open[:len(p.open)-1]
	case Comment, Code:
	}
	return nil
}

func (p *parser) add(d *Directive) {
	if len(p.open) == 0 {
		p.top = append(p.top, d)
		return
	}
	in := p.open[len(p.open)-1]
	in.Children = append(in.Children, d)
}
