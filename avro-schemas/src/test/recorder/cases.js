// What is written. A value is given as a correct reader must read it: decimals and times as text.
const read = name => JSON.parse(require('fs').readFileSync(`${__dirname}/../../main/avro/events/${name}.avsc`))
const change = (name, edit) => { const s = read(name); edit(s, field => s.fields.find(f => f.name === field)); return s }
const Reading = read('Reading'), Transaction = read('Transaction'), at = '2026-01-02T03:04:05.678Z'
const reading = { sensor: 'sensor-1', value: 21.5, unit: null, at }
const payment = { transactionId: 't-1', customer: 'c-17', merchant: null, amount: '1.28', currency: 'EUR',
  latitude: 48.2, longitude: 16.37, country: 'AT', at }
const paid = (name, value, more) => ({ case: name, schema: Transaction, value: { ...payment, ...value }, ...more })
const amount = (precision, scale, amount) => paid(`decimal-${precision}-${scale}`, { amount },
  { schema: change('Transaction', (s, f) => Object.assign(f('amount').type, { precision, scale })) })
const time = (logicalType, at, more) => paid('at-' + logicalType, { at },
  { schema: change('Transaction', (s, f) => Object.assign(f('at').type, { logicalType })), ...more })
const place = { type: 'record', name: 'Place', namespace: 'dev.kappa.events',
  fields: [{ name: 'latitude', type: 'double' }, { name: 'floor', type: ['null', 'int'], default: null }] }
const note = 'No JavaScript client takes this schema: the bytes were written with it put right, which does not change them.'
module.exports = [
  { case: 'reading', schema: Reading, value: reading },
  { case: 'reading-utf8-before-1970', schema: Reading, value: { sensor: 'sensör-Ω-😀', value: -0.1, unit: '°C', at: '1969-12-31T23:59:59.999Z' } },
  { case: 'reading-default-left-out', schema: Reading, value: reading, omit: 'unit' },
  paid('transaction'), paid('transaction-largest', { amount: '999999999999.99' }), paid('transaction-zero', { amount: '0.00' }),
  paid('transaction-refund', { amount: '-1.28', merchant: 'Käse & Co', latitude: null, longitude: null, country: null }),
  paid('decimal-padded-to-8-bytes', { amount: '-12.34' }, { pad: 8 }), amount(14, 4, '1234.5678'), amount(10, 0, '-9876543210'),
  time('timestamp-micros', '2026-01-02T03:04:05.678901Z'), time('timestamp-nanos', '2026-01-02T03:04:05.678901234Z', { big: true }),
  time('local-timestamp-millis', '2026-01-02T03:04:05.678'), time('local-timestamp-micros', '2026-01-02T03:04:05.678901'),
  { case: 'reference', schema: change('Reading', s => s.fields.push({ name: 'place', type: 'dev.kappa.events.Place' })),
    references: [{ name: 'dev.kappa.events.Place', subject: 'dev.kappa.events.Place', version: 1, schema: place }],
    value: { ...reading, place: { latitude: 48.2, floor: 3 } } },
  { case: 'invalid-default', schema: change('Reading', (s, f) => { f('unit').type = 'string' }), value: { ...reading, unit: 'K' },
    writeWith: change('Reading', (s, f) => { f('unit').type = 'string'; delete f('unit').default }), note },
  { case: 'namespace-hyphen', schema: { ...Reading, namespace: 'dev.kappa-events' }, value: reading, writeWith: Reading, note },
]
