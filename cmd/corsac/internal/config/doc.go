// Package config reads corsac.yaml.
//
//   - Every mistake is found at once. Each is an Error with file, line, column,
//     field, value, a stable code, why it is one, and what to write instead.
//   - Nothing is guessed: unknown fields are mistakes, values have one type.
//   - The file is hostile until read: its size, its depth and the work that its
//     aliases cause are bounded.
package config
