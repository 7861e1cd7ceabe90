package graphview

import (
	"cmp"
	"slices"
)

// Sizes of the drawing, in SVG units.
const (
	boxHeight          = 58.0
	rowGap             = 44.0
	columnGap          = 26.0
	dummyWidth         = 10.0
	margin             = 30.0
	minWidth, maxWidth = 130.0, 300.0
	sweeps             = 12
	maxDummies         = 60_000
)

// point is a place in the drawing.
type point struct{ x, y float64 }

// layout is where everything goes: boxes by their centre, edges by the points
// they pass.
type layout struct {
	width, height float64
	centre        []point
	boxWidth      []float64
	paths         [][]point
}

// layered is a graph whose edges join neighbouring rows: long ones pass through
// dummy nodes. It is Sugiyama's method: rows by longest path, order within a
// row by barycentres, places by least squares.
type layered struct {
	rows  [][]int
	width []float64
	up    [][]int // by node: neighbours in the row above
	down  [][]int
	pos   []int // by node: index within its row
	x     []float64
}

// place lays a graph out.
func place(g *Graph) *layout {
	n := len(g.Nodes)
	edges, turned := acyclic(n, g.Edges)
	rank := ranks(n, edges)
	l := &layered{}
	for i := range g.Nodes {
		l.addNode(rank[i], boxWidth(&g.Nodes[i]))
	}
	chains := make([][]int, len(edges))
	dummies := 0
	for i, e := range edges {
		chains[i] = append(chains[i], e[0])
		last := e[0]
		if long := rank[e[1]] - rank[e[0]] - 1; dummies+long <= maxDummies {
			dummies += long
			for r := rank[e[0]] + 1; r < rank[e[1]]; r++ {
				d := l.addNode(r, dummyWidth)
				l.join(last, d)
				chains[i] = append(chains[i], d)
				last = d
			}
			l.join(last, e[1])
		}
		chains[i] = append(chains[i], e[1])
	}
	l.order()
	l.assign()

	out := &layout{boxWidth: l.width[:n]}
	y := func(r int) float64 { return margin + boxHeight/2 + float64(r)*(boxHeight+rowGap) }
	row := make([]int, len(l.x))
	for r, ids := range l.rows {
		for _, id := range ids {
			row[id] = r
		}
	}
	for i := range g.Nodes {
		out.centre = append(out.centre, point{l.x[i], y(row[i])})
		out.width = max(out.width, l.x[i]+l.width[i]/2+margin)
	}
	for i, chain := range chains {
		var path []point
		for k, id := range chain {
			p := point{l.x[id], y(row[id])}
			switch k {
			case 0:
				p.y += boxHeight / 2
			case len(chain) - 1:
				p.y -= boxHeight / 2
			default:
				out.width = max(out.width, p.x+margin)
			}
			path = append(path, p)
		}
		if turned[i] {
			slices.Reverse(path)
		}
		out.paths = append(out.paths, path)
	}
	out.height = y(max(0, len(l.rows)-1)) + boxHeight/2 + margin
	return out
}

// boxWidth is the width of a node's texts.
func boxWidth(n *Node) float64 {
	return min(maxWidth, max(minWidth, 28+7.6*float64(len([]rune(n.Class))), 28+6.7*float64(len([]rune(n.Name))), 28+6.7*float64(len([]rune(n.Shape)))))
}

// acyclic turns the edges that close a cycle around, and tells which. Layers that
// a loop in Python calls again and again read one another.
func acyclic(n int, edges [][2]int) (out [][2]int, turned []bool) {
	out, turned = slices.Clone(edges), make([]bool, len(edges))
	from := make([][]int, n) // by node: its edges
	for i, e := range edges {
		from[e[0]] = append(from[e[0]], i)
	}
	const open, done = 1, 2
	state := make([]int, n)
	for root := range n {
		for path := []int{root}; len(path) > 0; {
			at := path[len(path)-1]
			switch {
			case state[at] == done || len(from[at]) == 0:
				state[at] = done
				path = path[:len(path)-1]
				continue
			case state[at] == 0:
				state[at] = open
			}
			i := from[at][0]
			from[at] = from[at][1:]
			switch to := edges[i][1]; state[to] {
			case open:
				out[i], turned[i] = [2]int{to, at}, true
			case 0:
				path = append(path, to)
			}
		}
	}
	return out, turned
}

// ranks is the row of every node: one below the lowest it reads. Nodes that
// read nothing stand just above what reads them.
func ranks(n int, edges [][2]int) []int {
	out := make([][]int, n)
	waits := make([]int, n)
	for _, e := range edges {
		out[e[0]] = append(out[e[0]], e[1])
		waits[e[1]]++
	}
	rank := make([]int, n)
	source := make([]bool, n)
	var queue []int
	for i, w := range waits {
		if w == 0 {
			queue = append(queue, i)
			source[i] = true
		}
	}
	for k := 0; k < len(queue); k++ {
		i := queue[k]
		for _, j := range out[i] {
			rank[j] = max(rank[j], rank[i]+1)
			if waits[j]--; waits[j] == 0 {
				queue = append(queue, j)
			}
		}
	}
	for i := range n {
		if source[i] && len(out[i]) > 0 {
			low := rank[out[i][0]]
			for _, j := range out[i] {
				low = min(low, rank[j])
			}
			rank[i] = max(0, low-1)
		}
	}
	return rank
}

func (l *layered) addNode(rank int, width float64) int {
	id := len(l.width)
	for len(l.rows) <= rank {
		l.rows = append(l.rows, nil)
	}
	l.pos = append(l.pos, len(l.rows[rank]))
	l.rows[rank] = append(l.rows[rank], id)
	l.width, l.x = append(l.width, width), append(l.x, 0)
	l.up, l.down = append(l.up, nil), append(l.down, nil)
	return id
}

func (l *layered) join(a, b int) {
	l.down[a] = append(l.down[a], b)
	l.up[b] = append(l.up[b], a)
}

// order sorts the rows by barycentres, down and up, and keeps the order with
// the fewest crossings.
func (l *layered) order() {
	best, fewest := l.snapshot(), l.crossings()
	for s := 0; s < sweeps && fewest > 0; s++ {
		for k := range l.rows {
			r, near := k, l.up
			if s%2 == 1 {
				r, near = len(l.rows)-1-k, l.down
			}
			key := make(map[int]float64, len(l.rows[r]))
			for _, id := range l.rows[r] {
				key[id] = float64(l.pos[id])
				if len(near[id]) > 0 {
					key[id] = 0
					for _, j := range near[id] {
						key[id] += float64(l.pos[j]) / float64(len(near[id]))
					}
				}
			}
			slices.SortStableFunc(l.rows[r], func(a, b int) int { return cmp.Compare(key[a], key[b]) })
			for i, id := range l.rows[r] {
				l.pos[id] = i
			}
		}
		if c := l.crossings(); c < fewest {
			best, fewest = l.snapshot(), c
		}
	}
	l.rows = best
	for _, row := range l.rows {
		for i, id := range row {
			l.pos[id] = i
		}
	}
}

func (l *layered) snapshot() [][]int {
	out := make([][]int, len(l.rows))
	for i, r := range l.rows {
		out[i] = slices.Clone(r)
	}
	return out
}

// crossings counts the pairs of edges that cross, by inversions in a Fenwick
// tree.
func (l *layered) crossings() int {
	total := 0
	for r := 0; r+1 < len(l.rows); r++ {
		size := len(l.rows[r+1])
		tree := make([]int, size+1)
		count := 0
		for _, id := range l.rows[r] {
			ends := make([]int, len(l.down[id]))
			for i, j := range l.down[id] {
				ends[i] = l.pos[j]
			}
			slices.Sort(ends)
			for _, e := range ends {
				upTo := 0
				for i := e + 1; i > 0; i -= i & -i {
					upTo += tree[i]
				}
				total += count - upTo
			}
			for _, e := range ends {
				for i := e + 1; i <= size; i += i & -i {
					tree[i]++
				}
				count++
			}
		}
	}
	return total
}

// assign finds places: every node wants to be where its neighbours are, and the
// order and the gaps within a row are kept.
func (l *layered) assign() {
	for _, row := range l.rows {
		x := 0.0
		for _, id := range row {
			l.x[id] = x + l.width[id]/2
			x += l.width[id] + columnGap
		}
	}
	for s := range 2 * sweeps {
		for k := range l.rows {
			r, near := k, l.up
			if s%2 == 1 {
				r, near = len(l.rows)-1-k, l.down
			}
			l.align(l.rows[r], func(id int) []int { return near[id] })
		}
	}
	for _, row := range l.rows { // between both neighbours, so that long edges run straight
		l.align(row, func(id int) []int { return slices.Concat(l.up[id], l.down[id]) })
	}
	left := 0.0
	for i := range l.x {
		if e := l.x[i] - l.width[i]/2; i == 0 || e < left {
			left = e
		}
	}
	for i := range l.x {
		l.x[i] += margin - left
	}
}

// pull is how much a node counts: boxes stand in line, and the edges that pass
// them give way.
func (l *layered) pull(id int) float64 {
	if l.width[id] == dummyWidth {
		return 0.1
	}
	return 1
}

// align moves a row's nodes to the mean of their neighbours as far as the gaps
// allow: a least-squares fit by pooling neighbours that would overlap.
func (l *layered) align(row []int, near func(int) []int) {
	type pool struct {
		sum, weight float64
		n           int
	}
	var pools []pool
	offset := make([]float64, len(row))
	for i, id := range row {
		if i > 0 {
			prev := row[i-1]
			offset[i] = offset[i-1] + (l.width[prev]+l.width[id])/2 + columnGap
		}
		want, weight := l.x[id], 0.02
		if ns := near(id); len(ns) > 0 {
			want, weight = 0, l.pull(id)
			var sum float64
			for _, j := range ns {
				want += l.x[j] * l.pull(j)
				sum += l.pull(j)
			}
			want /= sum
		}
		pools = append(pools, pool{(want - offset[i]) * weight, weight, 1})
		for k := len(pools) - 1; k > 0 && pools[k-1].sum/pools[k-1].weight > pools[k].sum/pools[k].weight; k-- {
			pools[k-1].sum += pools[k].sum
			pools[k-1].weight += pools[k].weight
			pools[k-1].n += pools[k].n
			pools = pools[:k]
		}
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			l.x[row[i]] = p.sum/p.weight + offset[i]
			i++
		}
	}
}
