// The signs of the timeline: colours, hatches, and a mark for each kind of event.
//
// Kinds differ by shape, not by colour alone, and the colours are Okabe and Ito's.

const COLOURS = [
  'paper',
  'ink',
  'soft',
  'line',
  'tint',
  'pale',
  'columns',
  'owned',
  'stored',
  'bad',
  'session',
  'call',
  'message',
  'player',
];
const colour = {};
const hatch = {};

/** Reads the theme's colours: a probe resolves what a custom property alone does not. */
function readColours() {
  const probe = byId('view').appendChild(make('i'));
  for (const name of COLOURS) {
    probe.style.color = `var(--${name})`;
    colour[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  hatch.down = hatchOf(colour.soft, 5, 1.6, 1);
  hatch.paused = hatchOf(colour.soft, 8, 1, -1);
  redraw();
}

/** Parallel lines, some pixels apart, that rise (1) or fall (-1). */
function hatchOf(stroke, apart, thick, rise) {
  const tile = make('canvas');
  // Twice as large as it is drawn, for screens with fine pixels.
  tile.width = tile.height = apart * 2;
  const lines = tile.getContext('2d');
  lines.strokeStyle = stroke;
  lines.lineWidth = thick * 2;
  for (const shift of [-2, 0, 2]) {
    lines.moveTo((shift - 1) * apart, (1 + rise * 2) * apart);
    lines.lineTo((shift + 3) * apart, (1 - rise * 2) * apart);
  }
  lines.stroke();
  const pattern = lines.createPattern(tile, 'repeat');
  pattern.setTransform(new DOMMatrix().scale(0.5));
  return pattern;
}

function polygon(lines, x, y, ...corners) {
  lines.moveTo(x + corners[0], y + corners[1]);
  for (let i = 2; i < corners.length; i += 2) lines.lineTo(x + corners[i], y + corners[i + 1]);
  lines.closePath();
}

function disc(lines, x, y, radius) {
  lines.moveTo(x + radius, y);
  lines.arc(x, y, radius, 0, 7);
}

function tick(lines, x, y, half) {
  lines.moveTo(x, y - half);
  lines.lineTo(x, y + half);
}

function cross(lines, x, y) {
  lines.moveTo(x - 4, y - 4);
  lines.lineTo(x + 4, y + 4);
  lines.moveTo(x + 4, y - 4);
  lines.lineTo(x - 4, y + 4);
}

const diamond = (lines, x, y) => polygon(lines, x, y, 0, -4.5, 4.5, 0, 0, 4.5, -4.5, 0);
const triangle = (lines, x, y) => polygon(lines, x, y, -5.5, -5, 5.5, -5, 0, 6);

// `y` is how far down in the part of a row that is for marks. What has a `line` is no solid shape.
const MARKS = {
  message: { y: 0.25, colour: 'message', trace: diamond },
  fault: { y: 0.25, colour: 'bad', line: 2.2, trace: cross },
  session: { y: 0.5, colour: 'session', trace: (lines, x, y) => disc(lines, x, y, 4) },
  player: { y: 0.5, colour: 'player', line: 1.6, trace: (lines, x, y) => disc(lines, x, y, 3.5) },
  server: { y: 0.5, colour: 'ink', trace: (lines, x, y) => lines.rect(x - 4, y - 4, 8, 8) },
  finding: { y: 0.5, colour: 'bad', trace: triangle },
  call: { y: 0.75, colour: 'call', line: 1.4, trace: (lines, x, y) => tick(lines, x, y, 2.5) },
  commit: { y: 0.75, colour: 'ink', line: 1.4, trace: (lines, x, y) => tick(lines, x, y, 5.5) },
};
const OTHER = { y: 0.5, colour: 'soft', trace: (lines, x, y) => disc(lines, x, y, 3) };
const markOf = (kind) => (Object.hasOwn(MARKS, kinds[kind]) ? MARKS[kinds[kind]] : OTHER);

/** Paints the marks of one kind, at `[x, y, x, y, ..]`. */
function paintMarks(lines, kind, points) {
  const mark = markOf(kind);
  lines.beginPath();
  for (let i = 0; i < points.length; i += 2) mark.trace(lines, points[i], points[i + 1]);
  lines.fillStyle = lines.strokeStyle = colour[mark.colour];
  lines.lineWidth = mark.line ?? 1;
  if (mark.line) lines.stroke();
  else lines.fill();
}

/** Paints the sign of a kind into a canvas of its own, for the legend. */
function paintSign(sign, kind) {
  sign.width = sign.height = 16 * devicePixelRatio;
  const lines = sign.getContext('2d');
  lines.scale(devicePixelRatio, devicePixelRatio);
  paintMarks(lines, kind, [8, 8]);
}
