package finding

import "strings"

// Part is a piece of the text of a fix: a paragraph, or lines to write.
type Part struct {
	Text string
	Code bool
}

// Guide is where the guide is published; the names of its pages follow.
const Guide = "https://github.com/corsac-dev/corsac/blob/main/docs/guide/"

// Remark begins a paragraph in the text of a fix that is not a step to take.
const Remark = "Note: "

// codeIndent is before each line of code in the text of a fix.
const codeIndent = "    "

// Parts splits the text of a fix. Lines of code lose their indentation.
func Parts(text string) []Part {
	var parts []Part
	var code []string
	flush := func() {
		if lines := strings.Trim(strings.Join(code, "\n"), "\n"); lines != "" {
			parts = append(parts, Part{lines, true})
		}
		code = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		rest, isCode := strings.CutPrefix(line, codeIndent)
		switch {
		case isCode:
			code = append(code, rest)
		case strings.TrimSpace(line) == "" && code != nil:
			code = append(code, "") // a blank line between lines of code
		default:
			flush()
			if line = strings.TrimSpace(line); line != "" {
				parts = append(parts, Part{line, false})
			}
		}
	}
	flush()
	return parts
}

// Code returns lines as code in the text of a fix.
func Code(lines string) string {
	return codeIndent + strings.ReplaceAll(strings.Trim(lines, "\n"), "\n", "\n"+codeIndent)
}
