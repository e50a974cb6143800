/** What people read of a refusal, by its code; of others they read the engine's own words. */
export const refusals = {
  'refusal.unreachable': [
    'The engine cannot be reached. Your work is kept; try again.',
    'تعذّر الوصول إلى المحرّك. عملك محفوظ، حاول مرة أخرى.',
  ],
  'refusal.invalid_credentials': [
    'The e-mail or the password is wrong.',
    'البريد الإلكتروني أو كلمة المرور غير صحيحة.',
  ],
  'refusal.too_many_attempts': [
    'Too many tries. Wait a while and try again.',
    'محاولات كثيرة. انتظر قليلًا ثم حاول مرة أخرى.',
  ],
  'refusal.rate_limited': ['Too many requests. Try again in a moment.', 'طلبات كثيرة. حاول بعد لحظات.'],
  'refusal.tenant_suspended': ['This tenant is suspended.', 'هذه الجهة موقوفة.'],
  'refusal.unauthenticated': ['Your session is over. Sign in again.', 'انتهت جلستك. سجّل الدخول من جديد.'],
  'refusal.csrf_token_invalid': ['Your session is over. Sign in again.', 'انتهت جلستك. سجّل الدخول من جديد.'],
  'refusal.forbidden': ['Your role may not do this.', 'لا يسمح دورك بهذا الإجراء.'],
  'refusal.engine_busy': ['The engine is busy. Try again in a moment.', 'المحرّك مشغول. حاول بعد لحظات.'],
  'refusal.unavailable': [
    'This is not available just now. Try again.',
    'الخدمة غير متاحة الآن. حاول مرة أخرى.',
  ],
  'refusal.deadline_exceeded': ['This took too long. Try again.', 'استغرق هذا وقتًا طويلًا. حاول مرة أخرى.'],
  'refusal.internal': [
    'Something went wrong. The request number is {request}.',
    'حدث خطأ ما. رقم الطلب هو {request}.',
  ],
  'refusal.validation_failed': ['Please correct the fields that are marked.', 'يُرجى تصحيح الحقول المحدّدة.'],
  'refusal.password_too_weak': [
    'Choose a longer password that is not a common one.',
    'اختر كلمة مرور أطول وغير شائعة.',
  ],
  'refusal.user_not_found': ['There is no such user.', 'لا يوجد مستخدم بهذا المعرّف.'],
  'refusal.user_suspended': ['This user is suspended.', 'هذا المستخدم موقوف.'],
  'refusal.device_not_found': ['There is no such device.', 'لا يوجد جهاز بهذا المعرّف.'],
  'refusal.device_revoked': ['This device was revoked.', 'أُلغي هذا الجهاز.'],
  'refusal.device_suspended': ['This device is suspended.', 'هذا الجهاز موقوف.'],
  'refusal.device_not_paired': ['This device is not paired yet.', 'لم يُقرن هذا الجهاز بعد.'],
  'refusal.challenge_not_found': ['There is no such challenge.', 'لا يوجد طلب بهذا المعرّف.'],
  'refusal.palm_not_enrolled': ['This user has no such palm enrolled.', 'لا توجد كفّ مسجّلة لهذا المستخدم.'],
  'refusal.palm_already_enrolled': ['This palm is enrolled already.', 'هذه الكفّ مسجّلة من قبل.'],
  'refusal.consent_required': [
    'The user has not given the consent that this needs.',
    'لم يمنح المستخدم الموافقة اللازمة.',
  ],
  'refusal.identity_taken': ['Another user has this e-mail or number.', 'هذا البريد أو الرقم لمستخدم آخر.'],
  'refusal.external_user_id_taken': ['Another user has this identifier.', 'هذا المعرّف لمستخدم آخر.'],
  'refusal.route_not_found': ['There is nothing here.', 'لا يوجد شيء هنا.'],
  'refusal.not_found': ['There is nothing here.', 'لا يوجد شيء هنا.'],
} as const;
