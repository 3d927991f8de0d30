package stacks

import (
	"cmp"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Project is a file that shows a stack in a project's folder.
type Project struct {
	// File is its name, or a pattern of [path.Match].
	File string
	// Contains must be in the file, such as "express" in package.json with its
	// quotes; "" means that the name is enough.
	Contains string
	// Sure says what it proves; "" means certain.
	Sure finding.Confidence
}

// Bounds on what [Detect] looks at.
const (
	maxProjectFile = 1 << 20 // bytes that are read of a file
	maxFolders     = 200     // folders in the project
)

// Detect returns the stacks that the files of a project show, in the order of
// [Recognize]. It looks at the folder itself and at folders one level below it,
// without hidden ones and those that hold dependencies. A file that cannot be
// read shows nothing; the error is that of reading the folder itself.
func Detect(dir fs.FS) ([]Match, error) {
	files, err := projectFiles(dir)
	if err != nil {
		return nil, err
	}
	text := map[string]string{}
	matches := make([]Match, len(registry))
	for i, s := range registry {
		matches[i].Stack = s
		for _, p := range byProof(s.Projects) {
			for _, file := range files {
				matches[i].add(p.proof(), p.shown(dir, file, text))
			}
		}
	}
	return best(matches), nil
}

// byProof returns projects, the surest first.
func byProof(projects []Project) []Project {
	return slices.SortedStableFunc(slices.Values(projects), func(a, b Project) int {
		return cmp.Compare(rank(a.proof()), rank(b.proof()))
	})
}

func (p *Project) proof() finding.Confidence { return cmp.Or(p.Sure, finding.Certain) }

// shown returns p as evidence if file shows it, or "". The texts of files that
// were read are kept in text.
func (p *Project) shown(dir fs.FS, file string, text map[string]string) string {
	if ok, err := path.Match(p.File, path.Base(file)); err != nil || !ok {
		return ""
	}
	if p.Contains == "" {
		return "there is " + file
	}
	content, ok := text[file]
	if !ok {
		content = readStart(dir, file)
		text[file] = content
	}
	if !strings.Contains(content, p.Contains) {
		return ""
	}
	return file + " contains " + p.Contains
}

// readStart returns the first maxProjectFile bytes of a file, or "".
func readStart(dir fs.FS, file string) string {
	if info, err := fs.Stat(dir, file); err != nil || !info.Mode().IsRegular() {
		return "" // to open a pipe is to wait for it
	}
	f, err := dir.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxProjectFile))
	if err != nil {
		return ""
	}
	return string(content)
}

// projectFiles returns the files of the folder itself, then those of the folders
// in it.
func projectFiles(dir fs.FS) (files []string, err error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	folders := 0
	for _, e := range entries {
		if !e.IsDir() {
			files = append(files, e.Name())
		}
	}
	for _, e := range entries {
		if !e.IsDir() || source.PassesOver(e.Name()) {
			continue
		}
		if folders++; folders > maxFolders {
			break
		}
		below, _ := fs.ReadDir(dir, e.Name()) // as much as can be read
		for _, f := range below {
			if !f.IsDir() {
				files = append(files, path.Join(e.Name(), f.Name()))
			}
		}
	}
	return files, nil
}
