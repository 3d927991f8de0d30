package yamlread

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// joinPlain joins what the lexer separates in lists within flow mappings: it reads
// {list: [localhost:3000]} as {list: [{localhost: 3000}]}, though a colon ends a key
// there only before a blank or after quotes (YAML 1.2.2, section 7.3.3).
func joinPlain(tokens token.Tokens) token.Tokens {
	joined := tokens[:0]
	var open []token.Type // of the flow collections
	for i := 0; i < len(tokens); i++ {
		tk := tokens[i]
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			open = append(open, tk.Type)
		case token.SequenceEndType, token.MappingEndType:
			open = open[:max(0, len(open)-1)]
		case token.MappingValueType:
			inList := len(open) > 0 && open[len(open)-1] == token.SequenceStartType
			if inList && i+1 < len(tokens) && len(joined) > 0 && adjoin(joined[len(joined)-1], tk) && adjoin(tk, tokens[i+1]) {
				join(joined[len(joined)-1], tokens[i+1])
				i++
				continue
			}
		default:
		}
		joined = append(joined, tk)
	}
	return joined
}

// adjoin reports whether b follows a without a blank, and neither is in quotes or
// a sign other than a colon.
func adjoin(a, b *token.Token) bool {
	for _, tk := range []*token.Token{a, b} {
		plain := tk.Indicator == token.NotIndicator && tk.CharacterType == token.CharacterTypeMiscellaneous
		if !plain && tk.Type != token.MappingValueType {
			return false
		}
	}
	return a.Position.Line == b.Position.Line && a.Position.Column+utf8.RuneCountInString(a.Value) == b.Position.Column
}

// join appends a colon and the next token to a plain one.
func join(plain, next *token.Token) {
	plain.Type = token.StringType
	plain.Value += ":" + next.Value
	plain.Origin += ":" + next.Origin
	if plain.Next = next.Next; plain.Next != nil {
		plain.Next.Prev = plain
	}
}

// tokenSurvey is what has to be known of tokens before a recursive parser that
// keeps the path of each node may see them.
type tokenSurvey struct {
	tooDeep *token.Token   // the first that is nested too deep, or nil
	depth   int            // the deepest nesting
	longest []*token.Token // the longest keys, longest first; no more than maxDepth
}

// survey looks at tokens without parsing them.
func survey(tokens token.Tokens) (s tokenSurvey) {
	flow, line, onLine := 0, 0, 0
	var columns []int // of the block collections that are open
	for _, tk := range tokens {
		at := tk.Position
		if at.Line != line {
			line, onLine = at.Line, 0
			for len(columns) > 0 && columns[len(columns)-1] >= at.Column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, at.Column)
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			onLine++
		case token.MappingValueType:
			if flow == 0 {
				onLine++
			}
			s.addKey(tk.Prev)
		default:
		}
		if flow > maxDepth || len(columns) > maxDepth || onLine > maxDepth {
			s.tooDeep = tk
			return s
		}
		s.depth = max(s.depth, flow+len(columns)+onLine)
	}
	return s
}

// addKey keeps a key if it is among the longest.
func (s *tokenSurvey) addKey(key *token.Token) {
	if key == nil || len(s.longest) == maxDepth && len(key.Value) <= len(s.longest[maxDepth-1].Value) {
		return
	}
	i, _ := slices.BinarySearchFunc(s.longest, key, func(a, b *token.Token) int { return cmp.Compare(len(b.Value), len(a.Value)) })
	s.longest = slices.Insert(s.longest, i, key)
	s.longest = s.longest[:min(len(s.longest), maxDepth)]
}

// longestPath returns a length that no path of the document exceeds.
func (s *tokenSurvey) longestPath() int {
	length := 0
	for _, key := range s.longest[:min(len(s.longest), s.depth)] {
		length += len(key.Value)
	}
	return length + 16*s.depth // dots, quotes and indexes
}
