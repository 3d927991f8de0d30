package stacks

import (
	"regexp/syntax"
)

// MatchesNoOrigin reports whether an expression that is compared with a whole
// origin matches none: an origin is a scheme, :// and a host, and the expression
// may have no scheme, or capital letters. It does not look at how hosts are
// spelled.
func MatchesNoOrigin(expr string) bool {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return false
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return false
	}
	type state struct {
		pc uint32
		at int // in originShape
	}
	start := state{uint32(prog.Start), 0}
	seen, queue := map[state]bool{start: true}, []state{start}
	add := func(s state) {
		if !seen[s] {
			seen[s] = true
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		switch in := &prog.Inst[s.pc]; in.Op {
		case syntax.InstMatch:
			if s.at == len(originShape)-1 {
				return false
			}
		case syntax.InstAlt, syntax.InstAltMatch:
			add(state{in.Out, s.at})
			add(state{in.Arg, s.at})
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			add(state{in.Out, s.at})
		case syntax.InstFail:
		default:
			for _, step := range originShape[s.at] {
				if takesOne(in, step.runes) {
					add(state{in.Out, step.to})
				}
			}
		}
	}
	return true
}

// originStep is a step through an origin: with one of some characters, to another
// place in it.
type originStep struct {
	runes string
	to    int
}

// originShape are the steps from each place in an origin: before the scheme, in it,
// after the colon and each slash, and in the host.
var originShape = [][]originStep{
	{{originScheme, 1}},
	{{originScheme + "0123456789+-.", 1}, {":", 2}},
	{{"/", 3}},
	{{"/", 4}},
	{{originHost, 5}},
	{{originHost, 5}},
}

const (
	originScheme = "abcdefghijklmnopqrstuvwxyz"
	originHost   = originScheme + "0123456789-._~%!$&'()*+,;=:[]"
)

// takesOne reports whether an instruction takes one of some characters.
func takesOne(in *syntax.Inst, runes string) bool {
	for _, r := range runes {
		if in.MatchRune(r) {
			return true
		}
	}
	return false
}
