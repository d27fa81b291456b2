; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_erf_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call double @llvm.fabs.f64(double %p0)
  %.8.i = fcmp olt double %.5.i, 1.000000e+00
  %.9.i = select i1 %.8.i, double %p0, double 0.000000e+00
  %.5.i.i = fmul double %.9.i, %.9.i
  %.6.i.i = tail call double @llvm.fmuladd.f64(double %.5.i.i, double 0xBE0ACDFF90B8EBD8, double 0x3E4D784936618CC2)
  %.7.i.i = tail call double @llvm.fmuladd.f64(double %.6.i.i, double %.5.i.i, double 0xBE85C16E30FB0D45)
  %.8.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i, double %.5.i.i, double 0x3EBB9827B1885F9B)
  %.9.i.i = tail call double @llvm.fmuladd.f64(double %.8.i.i, double %.5.i.i, double 0xBEEF4CA94990CB86)
  %.10.i.i = tail call double @llvm.fmuladd.f64(double %.9.i.i, double %.5.i.i, double 0x3F1F9A2BF73F0C68)
  %.11.i.i = tail call double @llvm.fmuladd.f64(double %.10.i.i, double %.5.i.i, double 0xBF4C02DB072F3FE0)
  %.12.i.i = tail call double @llvm.fmuladd.f64(double %.11.i.i, double %.5.i.i, double 0x3F7565BCCFA9A825)
  %.13.i.i = tail call double @llvm.fmuladd.f64(double %.12.i.i, double %.5.i.i, double 0xBF9B82CE312062BC)
  %.14.i.i = tail call double @llvm.fmuladd.f64(double %.13.i.i, double %.5.i.i, double 0x3FBCE2F21A041018)
  %.15.i.i = tail call double @llvm.fmuladd.f64(double %.14.i.i, double %.5.i.i, double 0xBFD812746B0379C2)
  %.16.i.i = tail call double @llvm.fmuladd.f64(double %.15.i.i, double %.5.i.i, double 0x3FC06EBA8214DB68)
  %.17.i.i = tail call double @llvm.fmuladd.f64(double %.9.i, double %.16.i.i, double %.9.i)
  %.5.i1.i = fcmp ogt double %.5.i, 2.800000e+01
  %.6.i2.i = select i1 %.5.i1.i, double 2.800000e+01, double %.5.i
  %.7.i3.i = bitcast double %.6.i2.i to i64
  %.8.i4.i = and i64 %.7.i3.i, 9223372036720558080
  %.9.i5.i = bitcast i64 %.8.i4.i to double
  %.10.i6.i = fsub double %.6.i2.i, %.9.i5.i
  %.11.i7.i = fadd double %.6.i2.i, %.9.i5.i
  %.12.i8.i = fmul double %.10.i6.i, %.11.i7.i
  %.13.i9.i = fmul double %.9.i5.i, %.9.i5.i
  %.14.i10.i = fadd double %.13.i9.i, %.12.i8.i
  %.16.i11.i = fneg double %.14.i10.i
  %.18.i.i = fsub double %.14.i10.i, %.13.i9.i
  %.19.i.i = fsub double %.18.i.i, %.12.i8.i
  %.6.i.i.i = fcmp ogt double %.16.i11.i, 7.120000e+02
  %.7.i.i.i = select i1 %.6.i.i.i, double 7.120000e+02, double %.16.i11.i
  %.8.i.i.i = fcmp ogt double %.14.i10.i, 7.452000e+02
  %.9.i.i.i = select i1 %.8.i.i.i, double 0.000000e+00, double %.7.i.i.i
  %.5.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.9.i.i.i, double 0x3FF71547652B82FE, double 0x4338000000000000)
  %.6.i.i.i.i = fadd double %.5.i.i.i.i, 0xC338000000000000
  %.7.i.i.i.i = fneg double %.6.i.i.i.i
  %.8.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i.i, double 0x3FE62E42FEFA3000, double %.9.i.i.i)
  %.10.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i.i, double 0x3D53DE6AF278ECE6, double %.8.i.i.i.i)
  %.12.i.i.i.i = fsub double %.8.i.i.i.i, %.10.i.i.i.i
  %.13.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i.i, double 0x3D53DE6AF278ECE6, double %.12.i.i.i.i)
  %.14.i.i.i.i = bitcast double %.5.i.i.i.i to i64
  %.15.i.i.i.i = add nsw i64 %.14.i.i.i.i, -4843621399236968448
  %.16.i.i.i.i = fmul double %.10.i.i.i.i, %.10.i.i.i.i
  %.17.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.10.i.i.i.i, double 0x3E5AD7EFCDEA06AF, double 0x3E928ADCE2BB3E4A)
  %.18.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.17.i.i.i.i, double %.10.i.i.i.i, double 0x3EC71DF262FBB004)
  %.19.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i.i.i, double %.10.i.i.i.i, double 0x3EFA01999AE210AE)
  %.20.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.19.i.i.i.i, double %.10.i.i.i.i, double 0x3F2A01A0129B3242)
  %.21.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.20.i.i.i.i, double %.10.i.i.i.i, double 0x3F56C16C1844ADF2)
  %.22.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.21.i.i.i.i, double %.10.i.i.i.i, double 0x3F81111111127E85)
  %.23.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.22.i.i.i.i, double %.10.i.i.i.i, double 0x3FA55555555507F1)
  %.24.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.23.i.i.i.i, double %.10.i.i.i.i, double 0x3FC55555555554F9)
  %.25.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.24.i.i.i.i, double %.10.i.i.i.i, double 0x3FE000000000000A)
  %.26.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.16.i.i.i.i, double %.25.i.i.i.i, double %.13.i.i.i.i)
  %.43.i.i.i = fadd double %.10.i.i.i.i, %.26.i.i.i.i
  %.44.i.i.i = fadd double %.43.i.i.i, 1.000000e+00
  %.45.i.i.i = tail call double @llvm.fmuladd.f64(double %.19.i.i, double %.44.i.i.i, double %.26.i.i.i.i)
  %.48.i.i.i = fadd double %.10.i.i.i.i, %.45.i.i.i
  %.49.i.i.i = fadd double %.48.i.i.i, 1.000000e+00
  %.6.i1.i.i.i = ashr i64 %.15.i.i.i.i, 1
  %.7.i2.i.i.i = shl i64 %.6.i1.i.i.i, 52
  %.8.i3.i.i.i = add i64 %.7.i2.i.i.i, 4607182418800017408
  %.9.i.i.i.i = bitcast i64 %.8.i3.i.i.i to double
  %.10.i4.i.i.i = fmul double %.49.i.i.i, %.9.i.i.i.i
  %.11.i.i.i.i = sub i64 %.14.i.i.i.i, %.6.i1.i.i.i
  %.12.i5.i.i.i = shl i64 %.11.i.i.i.i, 52
  %.13.i6.i.i.i = add i64 %.12.i5.i.i.i, 4607182418800017408
  %.14.i7.i.i.i = bitcast i64 %.13.i6.i.i.i to double
  %.15.i8.i.i.i = fmul double %.10.i4.i.i.i, %.14.i7.i.i.i
  %.74.i.i.i = select i1 %.8.i.i.i, double 0.000000e+00, double %.15.i8.i.i.i
  %.46.i.i = fadd double %.6.i2.i, -4.000000e+00
  %.47.i.i = fadd double %.6.i2.i, 4.000000e+00
  %.51.i.i = fdiv double %.46.i.i, %.47.i.i
  %.52.i.i = tail call double @llvm.fmuladd.f64(double %.51.i.i, double 0xBDF19C56A02D5EC4, double 0x3E0FF9D9684A07F0)
  %.53.i.i = tail call double @llvm.fmuladd.f64(double %.52.i.i, double %.51.i.i, double 0x3E2ABC38338ED096)
  %.54.i.i = tail call double @llvm.fmuladd.f64(double %.53.i.i, double %.51.i.i, double 0xBE4A821DC9D402F3)
  %.55.i.i = tail call double @llvm.fmuladd.f64(double %.54.i.i, double %.51.i.i, double 0xBE55EB230DD86ACD)
  %.56.i.i = tail call double @llvm.fmuladd.f64(double %.55.i.i, double %.51.i.i, double 0x3E7C8B0C94C0F794)
  %.57.i.i = tail call double @llvm.fmuladd.f64(double %.56.i.i, double %.51.i.i, double 0x3E74BCB762D9C587)
  %.58.i.i = tail call double @llvm.fmuladd.f64(double %.57.i.i, double %.51.i.i, double 0xBEAB8D1055714FF5)
  %.59.i.i = tail call double @llvm.fmuladd.f64(double %.58.i.i, double %.51.i.i, double 0x3E939B90A67FC027)
  %.60.i.i = tail call double @llvm.fmuladd.f64(double %.59.i.i, double %.51.i.i, double 0x3ED7EF696AE99CD0)
  %.61.i.i = tail call double @llvm.fmuladd.f64(double %.60.i.i, double %.51.i.i, double 0xBEE788733285D03F)
  %.62.i.i = tail call double @llvm.fmuladd.f64(double %.61.i.i, double %.51.i.i, double 0xBEF9953819C23590)
  %.63.i.i = tail call double @llvm.fmuladd.f64(double %.62.i.i, double %.51.i.i, double 0x3F23BE0530641A6A)
  %.64.i.i = tail call double @llvm.fmuladd.f64(double %.63.i.i, double %.51.i.i, double 0xBF2A1DF5DE0B9A90)
  %.65.i.i = tail call double @llvm.fmuladd.f64(double %.64.i.i, double %.51.i.i, double 0xBF48D4A9B7A3DEDE)
  %.66.i.i = tail call double @llvm.fmuladd.f64(double %.65.i.i, double %.51.i.i, double 0x3F749C672E04AF8A)
  %.67.i.i = tail call double @llvm.fmuladd.f64(double %.66.i.i, double %.51.i.i, double 0xBF909623882F334E)
  %.68.i.i = tail call double @llvm.fmuladd.f64(double %.67.i.i, double %.51.i.i, double 0x3FA3079EDF51EC25)
  %.69.i.i = tail call double @llvm.fmuladd.f64(double %.68.i.i, double %.51.i.i, double 0xBFB0FB06DFE56413)
  %.70.i.i = tail call double @llvm.fmuladd.f64(double %.69.i.i, double %.51.i.i, double 0x3FB7FEE004E1EA47)
  %.71.i.i = tail call double @llvm.fmuladd.f64(double %.70.i.i, double %.51.i.i, double 0xBFB9DDB23C3E86CC)
  %.72.i.i = tail call double @llvm.fmuladd.f64(double %.71.i.i, double %.51.i.i, double 0x3FB16ECEFCFA4D41)
  %.73.i.i = tail call double @llvm.fmuladd.f64(double %.72.i.i, double %.51.i.i, double 0x3F8F7F5DF66FD63B)
  %.74.i.i = tail call double @llvm.fmuladd.f64(double %.73.i.i, double %.51.i.i, double 0xBFC1DF1AD154A287)
  %.75.i.i = tail call double @llvm.fmuladd.f64(double %.74.i.i, double %.51.i.i, double 0x3FF3BA5916E9FD7F)
  %.76.i.i = tail call double @llvm.fmuladd.f64(double %.6.i2.i, double 2.000000e+00, double 1.000000e+00)
  %.80.i.i = fdiv double %.75.i.i, %.76.i.i
  %.81.i.i = fmul double %.80.i.i, %.74.i.i.i
  %.38.i = fcmp olt double %.5.i, 0x30000000000000
  %.39.i = fmul double %p0, 0x3FC06EBA8214DB69
  %.40.i = fadd double %p0, %.39.i
  %.41.i = select i1 %.38.i, double %.40.i, double %.17.i.i
  %.68.i = fsub double 1.000000e+00, %.81.i.i
  %.69.i = tail call double @llvm.copysign.f64(double %.68.i, double %p0)
  %.70.i = select i1 %.8.i, double %.41.i, double %.69.i
  ret double %.70.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
