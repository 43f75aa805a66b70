// Package report keeps what was measured: results as JSON with a versioned
// schema, the machine they come from, and what people read – Markdown, SVG plots
// that follow a light or dark page, text for benchstat, and comparisons. It knows
// numbers and their names, and nothing of what they measure.
package report
