package inspector

import "github.com/corsac-dev/corsac/cmd/corsac/internal/record"

// Summary returns what CORS decides about an exchange, for a line of a log: the state,
// and why in a sentence.
func (in *Inspector) Summary(x *record.Exchange) (state State, why string) {
	w := in.now()
	s := in.subjectOf(w, x)
	j := in.judge(w, &s)
	return j.State, j.Why
}
