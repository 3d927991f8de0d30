package owners

import "regexp/syntax"

// state is a state of the automaton: an instruction that is to read the next
// character, or has matched, at a place in an origin.
type state struct {
	pc uint32
	at place
}

// arrow is a transition to or from another state.
type arrow struct {
	state int32
	chars chars
}

// graph is an automaton that accepts the origins that an expression matches,
// and some more: assertions such as \b are taken to be true, and an origin may
// be malformed in ways that [place] does not know. All its states can be
// reached from its start.
type graph struct {
	states []state
	start  []int32
	out    [][]arrow
	in     [][]arrow
	ends   []int32 // the states in which an origin is accepted, sorted
}

// builder builds a graph.
type builder struct {
	*graph
	prog    *syntax.Prog
	index   map[state]int32
	reads   map[uint32][]uint32 // by instruction, those that read the next character
	classes map[uint32]chars    // by instruction
	steps   map[place][]step
	seen    []uint32 // by instruction, the last pc of readers that came by
	work    int
}

// newGraph returns the automaton of an expression, which must be well-formed.
func newGraph(expr string) (*graph, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	if len(prog.Inst) > maxInstructions {
		return nil, errLarge
	}
	b := &builder{
		graph: &graph{}, prog: prog, index: map[state]int32{},
		reads: map[uint32][]uint32{}, classes: map[uint32]chars{}, steps: map[place][]step{},
		seen: make([]uint32, len(prog.Inst)), work: maxArrows,
	}
	for _, pc := range b.readers(uint32(prog.Start)) {
		b.start = append(b.start, b.add(state{pc, schemeStart}))
	}
	for i := 0; i < len(b.states); i++ {
		b.expand(int32(i))
		if b.work < 0 {
			return nil, errLarge
		}
	}
	return b.graph, nil
}

func (b *builder) add(s state) int32 {
	i, ok := b.index[s]
	if ok {
		return i
	}
	i = int32(len(b.states))
	b.index[s] = i
	b.states = append(b.states, s)
	b.out, b.in = append(b.out, nil), append(b.in, nil)
	if b.prog.Inst[s.pc].Op == syntax.InstMatch && s.at.isEnd() {
		b.ends = append(b.ends, i)
	}
	return i
}

// expand adds the transitions from state i.
func (b *builder) expand(i int32) {
	s := b.states[i]
	inst := &b.prog.Inst[s.pc]
	if inst.Op == syntax.InstMatch {
		return
	}
	steps, ok := b.steps[s.at]
	if !ok {
		steps = s.at.steps()
		b.steps[s.at] = steps
	}
	class := b.class(s.pc)
	for _, step := range steps {
		both := class.and(step.chars)
		if both.empty() {
			continue
		}
		for _, pc := range b.readers(inst.Out) {
			if b.work--; b.work < 0 {
				return
			}
			to := b.add(state{pc, step.to})
			b.out[i] = append(b.out[i], arrow{to, both})
			b.in[to] = append(b.in[to], arrow{i, both})
		}
	}
}

// class returns the ASCII characters that an instruction reads.
func (b *builder) class(pc uint32) chars {
	class, ok := b.classes[pc]
	if ok {
		return class
	}
	for c := range byte(128) {
		if b.prog.Inst[pc].MatchRune(rune(c)) {
			class.add(c)
		}
	}
	b.classes[pc] = class
	return class
}

// readers returns the instructions that read the next character, or match, from
// pc on.
func (b *builder) readers(pc uint32) []uint32 {
	list, ok := b.reads[pc]
	if ok {
		return list
	}
	mark := pc + 1 // seen is 0 at first
	todo := []uint32{pc}
	for len(todo) > 0 {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if b.seen[pc] == mark {
			continue
		}
		b.seen[pc] = mark
		b.work--
		switch inst := &b.prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, inst.Arg, inst.Out)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			todo = append(todo, inst.Out)
		case syntax.InstFail:
		default:
			list = append(list, pc)
		}
	}
	b.reads[pc] = list
	return list
}
