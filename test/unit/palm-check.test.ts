/** The known palms of the vendor's own check: usable, alike and unlike. */
import t from 'tap';
import { checkImages, isRight } from '../../engine/palm/check.ts';
import { palmModels } from '../../engine/palm/models.ts';
import { checkVendor } from '../../engine/pool/scans.ts';

t.test('the known palms are told apart', async (t) => {
  const found = checkVendor();
  t.ok(found.ok, 'their images pass the quality gate');
  if (!found.ok) return;
  const { genuine, impostor } = found.value;
  t.ok(isRight(found.value, palmModels.large.thresholds.fused), `${genuine.fused} and ${impostor.fused}`);
  t.notOk(isRight({ genuine: impostor, impostor: genuine }, palmModels.large.thresholds.fused));
  t.ok(genuine.fused - impostor.fused > 0.1, 'with room to spare');
});

t.test('they are always the same', async (t) => {
  const [one, other] = [checkImages(), checkImages()];
  t.ok(Buffer.from(one.enrolled.data).equals(other.enrolled.data));
  t.notOk(Buffer.from(one.enrolled.data).equals(one.again.data));
});
