package caddyfile

import "strings"

// Directive is a line of words, with the lines in its block if it has one.
type Directive struct {
	Words []Token
	// Block says that there is a block; Open is the offset of its {, and Children
	// are its lines.
	Block    bool
	Open     int
	Children []*Directive
	// Start is the offset of the first word, and End that after the last one or
	// after the block.
	Start, End int
}

// MaxDepth is how deep blocks may be.
const MaxDepth = 100

// Parse returns the directives of a text: sites, snippets and the block of global
// options. The error is an [*Error]; the directives before its place are
// returned, too.
func Parse(text string) ([]*Directive, error) {
	tokens, err := Tokens(text)
	p := parser{tokens: tokens}
	list, problem := p.block(0)
	if problem != nil {
		return list, problem
	}
	return list, err
}

type parser struct {
	tokens []Token
	at     int
}

// is reports whether the next token is a brace.
func (p *parser) is(brace string) bool {
	t := p.tokens[p.at]
	return t.Text == brace && t.Quote == 0
}

// block reads directives up to the } of their block, or to the end.
func (p *parser) block(depth int) (list []*Directive, err error) {
	for p.at < len(p.tokens) {
		if p.is("}") {
			if depth == 0 {
				return list, &Error{p.tokens[p.at].Start, "a } has no block to end"}
			}
			return list, nil
		}
		d, err := p.directive(depth)
		list = append(list, d)
		if err != nil {
			return list, err
		}
	}
	if depth > 0 {
		return list, &Error{p.tokens[len(p.tokens)-1].Start, "a block is not ended"}
	}
	return list, nil
}

// directive reads the words of a line, and its block. The addresses of a site may
// go on in the next line after a comma.
func (p *parser) directive(depth int) (*Directive, error) {
	first := p.tokens[p.at]
	d := &Directive{Start: first.Start, End: first.End}
	for line := first.line; p.at < len(p.tokens) && p.tokens[p.at].line == line; p.at++ {
		t := p.tokens[p.at]
		if p.is("{") && (p.at+1 == len(p.tokens) || p.tokens[p.at+1].line > t.line) {
			d.Block, d.Open, d.End = true, t.Start, t.End
			p.at++
			return d, p.children(d, depth)
		}
		d.Words = append(d.Words, t)
		d.End, line = t.End, t.end
		if depth == 0 && strings.HasSuffix(t.Text, ",") && t.Quote == 0 && p.at+1 < len(p.tokens) {
			line = p.tokens[p.at+1].line
		}
	}
	return d, nil
}

// children reads the block of a directive.
func (p *parser) children(d *Directive, depth int) error {
	if depth == MaxDepth {
		return &Error{d.Open, "blocks are too deep"}
	}
	list, err := p.block(depth + 1)
	d.Children = list
	if err != nil {
		return err
	}
	d.End = p.tokens[p.at].End
	p.at++
	return nil
}
