// Package plot draws charts as SVG: curves and bars, small and readable, on a light background.
//
// It knows nothing of what is measured.
//
// Its laws: the same charts give the same bytes; what it writes is well-formed XML without scripts, fonts or anything else from
// elsewhere; a number that is none (NaN, infinite) is left out.
package plot
