// A Vendure server with one product in three sizes: PORT says where. It starts empty each time. It pushes what changed to the
// address and with the secret that stand in the file `hook`, once there is one.
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { bootstrap, dummyPaymentHandler, DefaultJobQueuePlugin, EventBus, StockMovementEvent } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');

const database = path.join(process.cwd(), 'shop.sqlite');
const products = path.join(process.cwd(), 'products.csv');
fs.rmSync(database, { force: true });
fs.writeFileSync(products, [
  'name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets',
  'Corps Jacket,corps-jacket,Warm.,,,Size|Colour,S|Black,CJ-S,129.00,standard,5,true,,',
  ',,,,,,M|Black,CJ-M,129.00,standard,0,true,,',
  ',,,,,,L|Black,CJ-L,129.00,standard,0,true,,',
].join('\n'));

const config = {
  apiOptions: { hostname: '127.0.0.1', port: Number(process.env.PORT), adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
  authOptions: { tokenMethod: 'bearer', superadminCredentials: { identifier: 'superadmin', password: 'superadmin' } },
  dbConnectionOptions: { type: 'better-sqlite3', database, synchronize: true, logging: false },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  plugins: [DefaultJobQueuePlugin],
};
const initial = {
  defaultLanguage: 'en',
  defaultZone: 'Europe',
  countries: [{ name: 'Germany', code: 'DE', zone: 'Europe' }],
  taxRates: [{ name: 'Standard Tax', percentage: 20 }],
  shippingMethods: [{ name: 'Standard Shipping', price: 500 }],
  paymentMethods: [],
  collections: [],
};

// As docs/push.md describes it: a Standard Webhook, which names no product here and so means the whole shop.
async function push() {
  if (!fs.existsSync('hook')) return;
  const [address, secret] = fs.readFileSync('hook', 'utf8').trim().split(' ');
  const body = '{}';
  const id = `msg_${crypto.randomUUID()}`;
  const time = Math.floor(Date.now() / 1000);
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = crypto.createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': `v1,${signature}` };
  const answer = await fetch(address, { method: 'POST', headers, body });
  console.log(`pushed ${body}: ${answer.status}`);
}

populate(() => bootstrap(config), initial, products)
  .then(app => app.get(EventBus).ofType(StockMovementEvent).subscribe(() => push().catch(console.error)))
  .catch(error => {
    console.error(error);
    process.exit(1);
  });
