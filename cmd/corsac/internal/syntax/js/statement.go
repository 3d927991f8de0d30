package js

// Statements returns the statements of a block, by the index of its {; -1 is for
// the program itself. For the { of a class or a switch, they are whatever is
// there.
func (p *Program) Statements(open int) []Range {
	if list, ok := p.lists[open]; ok {
		return list
	}
	end := len(p.Tokens)
	if open >= 0 {
		end = p.Partner(open)
	}
	var list []Range
	for i := open + 1; i < end; {
		stop := max(p.statementEnd(i, end), i+1)
		list = append(list, Range{Start: i, End: stop})
		i = stop
	}
	p.lists[open] = list
	return list
}

// Statement returns the statement that a token is part of: that of the innermost
// block. The bool is false if the token is in no statement.
func (p *Program) Statement(i int) (Range, bool) {
	open := p.Up(i)
	for open >= 0 && (p.At(open) != "{" || p.isObject(open)) {
		open = p.Up(open)
	}
	list := p.Statements(open)
	low, high := 0, len(list)
	for low < high {
		if mid := (low + high) / 2; list[mid].End <= i {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == len(list) || list[low].Start > i {
		return Range{}, false
	}
	return list[low], true
}

// isObject reports whether a { is that of an object, a pattern or JSX, not of a
// block.
func (p *Program) isObject(open int) bool {
	switch before := p.At(open - 1); before {
	case "", ";", "}", "{", ")", "=>", "else", "do", "try", "finally", "]", ">":
		return before == "{" && p.isObject(open-1)
	case "default", "return", "const", "let", "var", "import", "export", "type", "case", "typeof", "await", "yield", "in", "of", "new":
		return true
	default:
		k := p.Kind(open - 1)
		return k != Name && k != String && k != TemplateTail && k != Template
	}
}

// statementEnd returns where the statement that begins at i ends.
func (p *Program) statementEnd(i, end int) int {
	for i < end && p.At(i) == "@" { // decorators
		for i++; i < end && (p.Kind(i) == Name || p.At(i) == "."); i++ { //nolint:revive // its name
		}
		if p.At(i) == "(" {
			i = p.Skip(i)
		}
	}
	switch p.At(i) {
	case "{":
		return p.Skip(i)
	case ";":
		return i + 1
	case "if":
		i = p.statementEnd(p.header(i+1), end)
		if i < end && p.At(i) == "else" {
			return p.statementEnd(i+1, end)
		}
		return i
	case "for", "while", "with":
		return p.statementEnd(p.header(i+1), end)
	case "switch":
		return min(p.Skip(p.header(i+1)), end)
	case "do":
		i = p.statementEnd(i+1, end)
		return p.expressionStatement(i, end)
	case "try":
		return p.tryEnd(i+1, end)
	case "export":
		if p.declares(i+1) || p.At(i+1) == "default" && p.declares(i+2) {
			return p.bodyEnd(i, end)
		}
	default:
		if p.declares(i) {
			return p.bodyEnd(i, end)
		}
	}
	return p.expressionStatement(i, end)
}

// header returns the index after the parentheses of if, for and the like.
func (p *Program) header(i int) int {
	if p.At(i) == "await" {
		i++
	}
	if p.At(i) == "(" {
		return p.Skip(i)
	}
	return i
}

func (p *Program) tryEnd(i, end int) int {
	i = p.Skip(i)
	for i < end && (p.At(i) == "catch" || p.At(i) == "finally") {
		i = p.header(i + 1)
		if i < end && p.At(i) == "{" {
			i = p.Skip(i)
		}
	}
	return min(i, end)
}

// declares reports whether a declaration with a body in braces begins at i.
func (p *Program) declares(i int) bool {
	switch p.At(i) {
	case "function", "class":
		return true
	case "interface", "enum", "namespace", "module":
		return p.Kind(i+1) == Name && !p.Newline(i+1) || p.At(i) == "module" && p.Kind(i+1) == String
	case "async", "abstract", "declare":
		return p.At(i+1) != "" && !p.Newline(i+1) && p.declares(i+1)
	}
	return false
}

// bodyEnd returns the end of a declaration with a body.
func (p *Program) bodyEnd(i, end int) int {
	for i < end {
		switch {
		case p.At(i) == ";" && p.Kind(i) == Punctuator:
			return i + 1
		case p.At(i) == "{" && p.Kind(i) == Punctuator:
			if i = p.Skip(i); i >= end || p.At(i) != "{" || p.Newline(i) { // else it was a type
				return min(i, end)
			}
		default:
			i = p.Skip(i)
		}
	}
	return end
}

// expressionStatement returns the end of a statement that ends with a semicolon,
// or where one is inserted.
func (p *Program) expressionStatement(i, end int) int {
	for i < end {
		if p.At(i) == ";" && p.Kind(i) == Punctuator {
			return i + 1
		}
		i = p.Skip(i)
		if i < end && p.Newline(i) && p.endsOperand(i-1) && !p.continues(i) {
			return i
		}
	}
	return end
}

// endsOperand reports whether an expression may end with a token.
func (p *Program) endsOperand(i int) bool {
	switch p.Kind(i) {
	case Punctuator:
		switch p.At(i) {
		case ")", "]", "}", "++", "--":
			return true
		case ">": // of JSX; else an operand follows in the same line
			return p.Newline(i + 1)
		}
		return false
	case Name:
		switch p.At(i) {
		case "typeof", "new", "void", "delete", "in", "instanceof", "case", "else", "extends", "const", "let", "var", "import", "await":
			return p.At(i-1) == "."
		}
	}
	return true
}

// continues reports whether a token at the beginning of a line goes on with the
// expression before.
func (p *Program) continues(i int) bool {
	switch p.Kind(i) {
	case Punctuator:
		switch p.At(i) {
		case "{", "}", "@", "!", "~", "++", "--", ";":
			return p.At(i) == ";"
		}
		return true
	case Template, TemplateHead:
		return true
	case Name:
		switch p.At(i) {
		case "in", "instanceof", "as", "satisfies", "of", "from":
			return true
		}
	}
	return false
}

// ExpressionEnd returns where the expression that begins at i ends: before a
// comma, a semicolon, a closing bracket, or the end of the statement.
func (p *Program) ExpressionEnd(i, end int) int {
	for i < end {
		if p.Kind(i) == Punctuator {
			switch p.At(i) {
			case ",", ";", ")", "]", "}":
				return i
			}
		}
		i = p.Skip(i)
		if i < end && p.Newline(i) && p.endsOperand(i-1) && !p.continues(i) {
			return i
		}
	}
	return min(i, end)
}
